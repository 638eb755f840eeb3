//! A unit of systemd.

use super::workload::{DIRECTORY, Workload};
use crate::text::harmless;

/// What the host does not need. `MemoryDenyWriteExecute=` is not among it: compiled code is mapped.
const HARDENING: &str = "\
NoNewPrivileges=yes
LockPersonality=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
UMask=0077";

pub(super) fn unit(workload: &Workload<'_>) -> String {
    let capability = if workload.needs_privileged_port() { "CAP_NET_BIND_SERVICE" } else { "" };
    let mut lines = head(workload);
    lines.extend(service(workload));
    lines.push(HARDENING.to_owned());
    lines.push(format!("CapabilityBoundingSet={capability}"));
    if workload.needs_privileged_port() {
        lines.push(format!("AmbientCapabilities={capability}"));
    }
    lines.extend(["", "[Install]", "WantedBy=multi-user.target", ""].map(str::to_owned));
    lines.join("\n")
}

fn head(workload: &Workload<'_>) -> Vec<String> {
    let (name, identity) = (workload.name(), &workload.definition.identity);
    let mut lines = vec![
        format!("# /etc/systemd/system/{name}.service"),
        "#".to_owned(),
        "# Needs these files:".to_owned(),
        "#   /usr/local/bin/mikros-host".to_owned(),
        format!("#   {DIRECTORY}/{name}/service.toml"),
    ];
    let components = workload.components(&format!("{DIRECTORY}/{name}")).into_iter();
    let components = components.map(|component| component.installed.display().to_string());
    lines.extend(components.map(|path| format!("#   {}", harmless(&path))));
    let description = harmless(&format!("{name} {} of {}", identity.version, identity.product));
    lines.extend([
        String::new(),
        "[Unit]".to_owned(),
        format!("Description={}", description.replace('%', "%%")),
        "After=network-online.target".to_owned(),
        "Wants=network-online.target".to_owned(),
        String::new(),
    ]);
    lines
}

fn service(workload: &Workload<'_>) -> Vec<String> {
    let (name, stop) = (workload.name(), workload.stop_seconds());
    let mut lines = vec!["[Service]".to_owned()];
    let run = format!("ExecStart=/usr/local/bin/mikros-host run {DIRECTORY}/{name}/service.toml");
    if workload.is_script() {
        lines.extend(["Type=oneshot".to_owned(), run]);
    } else {
        lines.extend([
            "Type=notify".to_owned(),
            // What it starts may not speak for it.
            "NotifyAccess=main".to_owned(),
            "# The host is killed and started again when its supervisor does not turn for so long."
                .to_owned(),
            "WatchdogSec=30".to_owned(),
            run,
            "# `[host] start_timeout`, and as long for a compilation that is not in the cache yet."
                .to_owned(),
            format!("TimeoutStartSec={}", 2 * workload.start_seconds()),
            "ExecReload=/bin/kill -HUP $MAINPID".to_owned(),
            "Restart=on-failure".to_owned(),
            "RestartSec=1".to_owned(),
            "# Somebody has to edit something.".to_owned(),
            "RestartPreventExitStatus=2".to_owned(),
        ]);
    }
    lines.extend([
        "# The sum of `[host] drain_delay` and `shutdown_timeout`, and 5 s.".to_owned(),
        format!("TimeoutStopSec={stop}"),
        "Environment=MIKROS_SERVICE_DEPLOY=prod".to_owned(),
    ]);
    lines.extend(environment_file(workload));
    lines.extend([
        "DynamicUser=yes".to_owned(),
        format!("CacheDirectory={name}"),
        format!("# With a dynamic user, `%C/{name}` is a symbolic link, which the cache refuses."),
        format!("Environment=MIKROS_HOST_CACHE=%C/{name}/components"),
    ]);
    lines.extend(memory_limit(workload));
    lines
}

/// The values of variables are in a file of their own: everybody can read a unit.
fn environment_file(workload: &Workload<'_>) -> Vec<String> {
    let name = workload.name();
    let variables = workload.variables().collect::<Vec<_>>();
    if variables.is_empty() {
        return vec![format!("EnvironmentFile=-/etc/{name}.env")];
    }
    let comment = format!("# Must set {}. Only root needs to read it.", variables.join(", "));
    vec![comment, format!("EnvironmentFile=/etc/{name}.env")]
}

fn memory_limit(workload: &Workload<'_>) -> Vec<String> {
    let Some(instances) = workload.instances() else { return Vec::new() };
    vec![
        "# `[host.limits] memory` for each instance of two versions, which a reload runs side by side."
            .to_owned(),
        format!("MemoryMax={}M", workload.memory(2 * instances)),
    ]
}
