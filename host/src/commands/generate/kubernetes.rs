//! Manifests for Kubernetes, as YAML in one file.

use serde_json::{Value as Json, json};

use super::GenerateError;
use super::dockerfile::USER;
use super::workload::{HealthCheck, ListenPort, Workload};

/// Processors where their number decides how many instances there are.
const PROCESSORS: usize = 2;
/// Of a name that is a label of DNS.
const LONGEST_NAME: usize = 63;
/// Of a port's name.
const LONGEST_PORT_NAME: usize = 15;

/// # Errors
/// When the definition has names or ports that Kubernetes does not take.
pub(super) fn manifests(workload: &Workload<'_>) -> Result<String, GenerateError> {
    let name = workload.name();
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err(GenerateError::Name(name.to_owned(), "it must have 1 to 63 characters"));
    }
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err(GenerateError::Name(name.to_owned(), "it must begin with a letter"));
    }
    if let Some(port) = workload.ports.iter().find(|port| port.number == 0) {
        return Err(GenerateError::AnyPort(port.kind));
    }
    let mut objects = vec![config_map(workload)];
    if workload.is_script() {
        objects.push(job(workload));
    } else {
        objects.push(deployment(workload));
    }
    if !workload.ports.is_empty() {
        objects.push(service(workload));
    }
    if workload.can_be_replicated() {
        objects.push(autoscaler(workload));
    }
    let objects = objects.iter().map(yaml).collect::<Vec<_>>();
    Ok(head(workload) + &objects.join("---\n"))
}

fn yaml(object: &Json) -> String {
    serde_saphyr::to_string(object).expect("all keys are strings")
}

/// What has to be there before.
fn head(workload: &Workload<'_>) -> String {
    let (name, image) = (workload.name(), workload.image());
    let mut lines = vec![format!(
        "# `{image}` is the image of `mikros-host generate dockerfile`; name it as your registry does."
    )];
    let mut variables =
        workload.variables().map(|one| format!(" --from-literal={one}=...")).peekable();
    if variables.peek().is_some() {
        let variables = variables.collect::<Vec<_>>().concat();
        lines.push("# Create the Secret first:".to_owned());
        lines.push(format!("#   kubectl create secret generic {name}{variables}"));
    }
    lines.push(String::new());
    lines.join("\n")
}

fn labels(workload: &Workload<'_>) -> Json {
    json!({ "app.kubernetes.io/name": workload.name() })
}

fn metadata(workload: &Workload<'_>) -> Json {
    json!({ "name": workload.name(), "labels": labels(workload) })
}

/// Variables that are no secret.
fn config_map(workload: &Workload<'_>) -> Json {
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(workload),
        "data": { "MIKROS_SERVICE_DEPLOY": "prod" },
    })
}

fn deployment(workload: &Workload<'_>) -> Json {
    let mut spec = json!({
        "selector": { "matchLabels": labels(workload) },
        "strategy": { "type": "RollingUpdate", "rollingUpdate": { "maxSurge": 1, "maxUnavailable": 0 } },
        "template": { "metadata": { "labels": labels(workload) }, "spec": pod(workload, "Always") },
    });
    if !workload.can_be_replicated() {
        // Work of its own is done by every pod, so there must never be two. With replicas, the autoscaler has the
        // number, and applying the manifest must not set it back.
        spec["replicas"] = 1.into();
        spec["strategy"] = json!({ "type": "Recreate" });
    }
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(workload),
        "spec": spec,
    })
}

fn job(workload: &Workload<'_>) -> Json {
    let edit_needed = json!({ "containerName": workload.name(), "operator": "In", "values": [2] });
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(workload),
        "spec": {
            "backoffLimit": 3,
            "podFailurePolicy": { "rules": [{ "action": "FailJob", "onExitCodes": edit_needed }] },
            "template": { "metadata": { "labels": labels(workload) }, "spec": pod(workload, "Never") },
        },
    })
}

fn pod(workload: &Workload<'_>, restart_policy: &str) -> Json {
    let mut security = json!({
        "runAsNonRoot": true,
        "runAsUser": USER,
        "runAsGroup": USER,
        "seccompProfile": { "type": "RuntimeDefault" },
    });
    if workload.needs_privileged_port() {
        let first = json!({ "name": "net.ipv4.ip_unprivileged_port_start", "value": "0" });
        security["sysctls"] = json!([first]);
    }
    json!({
        "automountServiceAccountToken": false,
        // They would become variables such as `MIKROS_HTTP_PORT=tcp://…`.
        "enableServiceLinks": false,
        "restartPolicy": restart_policy,
        "terminationGracePeriodSeconds": workload.stop_seconds(),
        "securityContext": security,
        "containers": [container(workload)],
    })
}

fn container(workload: &Workload<'_>) -> Json {
    let name = workload.name();
    let mut container = json!({ "name": name, "image": workload.image() });
    if !workload.ports.is_empty() {
        let port = |port: &ListenPort| json!({ "name": port_name(port), "containerPort": port.number, "protocol": "TCP" });
        container["ports"] = workload.ports.iter().map(port).collect();
    }
    container["envFrom"] = json!([{ "configMapRef": { "name": name } }]);
    let secret = |variable| {
        let reference = json!({ "name": name, "key": variable });
        json!({ "name": variable, "valueFrom": { "secretKeyRef": reference } })
    };
    let mut variables = workload.variables().map(secret).collect::<Vec<_>>();
    if workload.needs_namespace() {
        // The names of other services are complete with it.
        let reference = json!({ "fieldRef": { "fieldPath": "metadata.namespace" } });
        variables.push(json!({ "name": "MIKROS_COUPLED_NAMESPACE", "valueFrom": reference }));
    }
    if !variables.is_empty() {
        container["env"] = variables.into();
    }
    if let Some(check) = workload.health_check() {
        container["readinessProbe"] = readiness_probe(check);
    }
    container["resources"] = resources(workload);
    container["securityContext"] = json!({
        "allowPrivilegeEscalation": false,
        "capabilities": { "drop": ["ALL"] },
        "readOnlyRootFilesystem": true,
    });
    container
}

/// No liveness probe: the host replaces instances that hang by itself, and a busy service must not be restarted.
fn readiness_probe(check: HealthCheck<'_>) -> Json {
    let mut probe = match check {
        HealthCheck::Http { path, port, is_tls } => {
            let scheme = if is_tls { "HTTPS" } else { "HTTP" };
            json!({ "httpGet": { "path": path, "port": port, "scheme": scheme } })
        }
        HealthCheck::Grpc { port } => json!({ "grpc": { "port": port } }),
        HealthCheck::Connect { port } => json!({ "tcpSocket": { "port": port } }),
    };
    for (key, value) in [("periodSeconds", 5), ("timeoutSeconds", 2), ("failureThreshold", 2)] {
        probe[key] = value.into();
    }
    probe
}

/// Memory is the sum of all limits. Processors are limited only where their number decides how many instances there
/// are: such a limit costs latency.
fn resources(workload: &Workload<'_>) -> Json {
    let instances = workload.instances();
    let memory = format!("{}Mi", workload.memory(instances.unwrap_or(PROCESSORS)));
    let mut limits = json!({ "memory": memory });
    if instances.is_none() {
        limits["cpu"] = PROCESSORS.to_string().into();
    }
    let processors = format!("{}m", 250 * instances.unwrap_or(PROCESSORS));
    json!({ "requests": { "cpu": processors, "memory": memory }, "limits": limits })
}

fn service(workload: &Workload<'_>) -> Json {
    let port = |port: &ListenPort| {
        let name = port_name(port);
        let mut entry = json!({ "name": name, "port": port.number, "targetPort": name });
        let protocol = match port.kind {
            "http" => Some("http"),
            "grpc" => Some("kubernetes.io/h2c"),
            _ => None,
        };
        if let Some(protocol) = protocol {
            entry["appProtocol"] = protocol.into();
        }
        entry
    };
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(workload),
        "spec": {
            "selector": labels(workload),
            "ports": workload.ports.iter().map(port).collect::<Vec<_>>(),
        },
    })
}

/// As much as a name of a port may have of it.
fn port_name(port: &ListenPort) -> String {
    let name = port.kind.replace('_', "-").chars().take(LONGEST_PORT_NAME).collect::<String>();
    name.trim_matches('-').to_owned()
}

fn autoscaler(workload: &Workload<'_>) -> Json {
    let name = workload.name();
    let target = json!({ "type": "Utilization", "averageUtilization": 70 });
    json!({
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(workload),
        "spec": {
            "scaleTargetRef": { "apiVersion": "apps/v1", "kind": "Deployment", "name": name },
            "minReplicas": 2,
            "maxReplicas": 10,
            "metrics": [{ "type": "Resource", "resource": { "name": "cpu", "target": target } }],
        },
    })
}
