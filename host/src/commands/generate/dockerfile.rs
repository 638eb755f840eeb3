//! A container image, from the binary and the components.

use std::path::Path;

use super::workload::{DIRECTORY, HealthCheck, Workload};

const CACHE: &str = "/var/cache/mikros-host";
/// Of a user that no image has.
pub(super) const USER: u32 = 65532;
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// The value of variables while the image is built. Long enough for whatever must not be short.
const PLACEHOLDER: &str = "unused-while-the-image-is-built";

pub(super) fn dockerfile(workload: &Workload<'_>) -> String {
    let mut lines = head(workload);
    lines.extend(prepared_stage(workload));
    lines.push(String::new());
    lines.extend(final_stage(workload));
    lines.push(String::new());
    lines.join("\n")
}

fn head(workload: &Workload<'_>) -> Vec<String> {
    let image = workload.image();
    let components = workload.components(DIRECTORY).into_iter();
    let components = components.map(|component| format!(", `{}`", component.source.display()));
    let components = components.collect::<Vec<_>>().concat();
    let stop = workload.stop_seconds();
    vec![
        "# syntax=docker/dockerfile:1".to_owned(),
        "#".to_owned(),
        format!("# Needs `mikros-host`, `service.toml`{components} in the directory of the build:"),
        format!("#   docker build --tag {image} ."),
        "#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \\".to_owned(),
        format!("#     --stop-timeout {stop} {image}"),
        String::new(),
    ]
}

/// Compiles the components into the cache, so that containers start in milliseconds.
fn prepared_stage(workload: &Workload<'_>) -> Vec<String> {
    let mut lines = vec![
        "# Take an image whose C library is that of the system on which the host was built, or newer."
            .to_owned(),
        "FROM debian:stable-slim AS prepared".to_owned(),
    ];
    if workload.trusts_system() {
        let install = "apt-get install --yes --no-install-recommends ca-certificates";
        lines.push(format!("RUN apt-get update && {install}"));
    }
    lines.push("COPY mikros-host /usr/local/bin/".to_owned());
    lines.push(format!("COPY service.toml {DIRECTORY}/"));
    let components = workload.components(DIRECTORY);
    lines.extend(components.iter().map(|one| copy("", &one.source, &one.installed)));
    lines.push(format!("ENV MIKROS_HOST_CACHE={CACHE}"));
    lines.push("# Compiles for the kind of processor on which the image is built.".to_owned());
    let mut variables =
        workload.variables().map(|name| format!("{name}={PLACEHOLDER} ")).peekable();
    if variables.peek().is_some() {
        lines.push("# The values of the variables count for this command only.".to_owned());
    }
    let variables = variables.collect::<Vec<_>>().concat();
    // `check` would miss the files that are mounted later; `inspect` compiles as well.
    let (command, output) = match workload.secret_files().next() {
        None => ("check", ""),
        Some(_) => ("inspect", " >/dev/null"),
    };
    let compile = format!("{variables}mikros-host {command} {DIRECTORY}/service.toml{output}");
    lines.push(format!("RUN mkdir -m 755 {CACHE} && {compile}"));
    lines
}

fn final_stage(workload: &Workload<'_>) -> Vec<String> {
    let from_prepared = |path: &Path| copy("--from=prepared ", path, path);
    let mut lines = vec!["FROM debian:stable-slim".to_owned()];
    if workload.trusts_system() {
        lines.push(from_prepared(Path::new(CERTIFICATES)));
    }
    lines.push(from_prepared(Path::new("/usr/local/bin/mikros-host")));
    lines.push(from_prepared(&Path::new(DIRECTORY).join("service.toml")));
    let components = workload.components(DIRECTORY);
    lines.extend(components.iter().map(|component| from_prepared(&component.installed)));
    lines.push(from_prepared(Path::new(CACHE)));
    lines.push(format!("ENV MIKROS_HOST_CACHE={CACHE}"));
    lines.extend(workload.fixed_ports().map(|port| format!("EXPOSE {}", port.number)));
    lines.push(format!("USER {USER}:{USER}"));
    lines.push("STOPSIGNAL SIGTERM".to_owned());
    lines.extend(health_check(workload));
    lines.push(format!("ENTRYPOINT [\"mikros-host\", \"run\", \"{DIRECTORY}/service.toml\"]"));
    lines
}

/// With `options`, a space behind each.
fn copy(options: &str, from: &Path, to: &Path) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"./_-".contains(&byte);
    let [from, to] = [from, to].map(|path| path.display().to_string());
    if from.bytes().chain(to.bytes()).all(is_plain) {
        return format!("COPY {options}{from} {to}");
    }
    let paths = serde_json::json!([from.replace('$', "\\$"), to.replace('$', "\\$")]);
    format!("COPY {options}{paths}")
}

/// With the shell of the image, which has no client of HTTP.
fn health_check(workload: &Workload<'_>) -> Option<String> {
    let check = workload.health_check();
    let Some(HealthCheck::Http { path, port: port @ 1.., is_tls: false }) = check else {
        return None;
    };
    let path = path.replace('\'', "%27");
    let command = format!(
        "exec 3<>/dev/tcp/localhost/{port} && \
         printf '%s\\r\\n' 'GET {path} HTTP/1.1' 'Host: localhost' 'Connection: close' '' >&3 && \
         read -r _ status _ <&3 && [ \"$status\" = 200 ]"
    );
    let command = serde_json::json!(["bash", "-c", command]);
    let start = workload.start_seconds();
    let times = format!("--interval=10s --timeout=3s --start-period={start}s");
    Some(format!("HEALTHCHECK {times} CMD {command}"))
}
