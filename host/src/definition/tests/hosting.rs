//! `[host]` and `[host.limits]`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use expect_test::expect;

use super::{accepted, rejects, variables, warns, with};
use crate::definition::{Address, Definition, Dev, Egress, Instances};

#[test]
fn defaults_are_applied() {
    let host = accepted(&with(&[], ""), &[]).host;

    assert_eq!(host.component, Path::new("greeter.wasm"));
    assert_eq!(host.build, None);
    assert_eq!(host.instances, Instances::Count(NonZeroUsize::MIN));
    assert_eq!(host.address, Address::Of("::".parse().unwrap()));
    assert_eq!(host.start_timeout, Duration::from_secs(30));
    assert_eq!(host.drain_delay, Duration::ZERO);
    assert_eq!(host.shutdown_timeout, Duration::from_secs(30));
    assert_eq!(host.limits.memory, 256 << 20);
    assert_eq!(host.limits.call_timeout, Duration::from_secs(30));
    assert_eq!(host.limits.max_concurrency.get(), 256);
    assert_eq!(host.limits.max_queue, 1024);
    assert_eq!(host.limits.max_body, 4 << 20);
    assert!(host.dev.watch.is_empty() && host.dev.finds_sources);
}

#[test]
fn every_key_reaches_its_field() {
    let host = accepted(
        &with(
            &[],
            "build = \"make\"\ninstances = \"auto\"\naddress = \"0.0.0.0\"\n\
             start_timeout = \"1s\"\ndrain_delay = \"5s\"\nshutdown_timeout = \"2s\"\n[host.limits]\n\
             memory = \"4GiB\"\ncall_timeout = \"3s\"\nmax_concurrency = 4\nmax_queue = 0\n\
             max_body = \"6KB\"\n",
        ),
        &[],
    )
    .host;

    assert_eq!(host.build.as_deref(), Some("make"));
    assert_eq!(host.instances, Instances::Auto);
    assert_eq!(host.address, Address::Of("0.0.0.0".parse().unwrap()));
    assert_eq!(host.start_timeout, Duration::from_secs(1));
    assert_eq!(host.drain_delay, Duration::from_secs(5));
    assert_eq!(host.shutdown_timeout, Duration::from_secs(2));
    assert_eq!(host.limits.memory, 4 << 30);
    assert_eq!(host.limits.call_timeout, Duration::from_secs(3));
    assert_eq!(host.limits.max_concurrency.get(), 4);
    assert_eq!(host.limits.max_queue, 0);
    assert_eq!(host.limits.max_body, 6000);
}

#[test]
fn the_component_is_relative_to_the_file() {
    let resolved = |file: &str, component: &str| {
        let text = with(&[], "").replace("greeter.wasm", component);
        Definition::parse(Path::new(file), &text, &variables(&[]).into()).unwrap().host.component
    };

    assert_eq!(resolved("service.toml", "a.wasm"), Path::new("a.wasm"));
    assert_eq!(
        resolved("examples/hello/service.toml", "a.wasm"),
        Path::new("examples/hello/a.wasm")
    );
    assert_eq!(resolved("examples/service.toml", "/opt/a.wasm"), Path::new("/opt/a.wasm"));
}

#[test]
fn a_component_is_needed() {
    rejects(
        &with(&[], "").replace("greeter.wasm", ""),
        &[],
        &expect!["service.toml:7:13: `host.component` must not be empty"],
    );
    rejects(
        &with(&[], "").replace("component", "build"),
        &[],
        &expect![[r#"
        service.toml:6:2: `host.component` is missing
        help: add `component = "target/wasm32-wasip2/release/greeter.wasm"` to `[host]`"#]],
    );
    rejects(
        &with(&[], "").replace("[host]\ncomponent = \"greeter.wasm\"\n", ""),
        &[],
        &expect![[r#"
            service.toml:1:1: `host.component` is missing
            help: add `component = "target/wasm32-wasip2/release/greeter.wasm"` to `[host]`"#]],
    );
    rejects(
        &with(&[("host", "5")], "").replace("[host]\ncomponent = \"greeter.wasm\"\n", ""),
        &[],
        &expect![[r#"
            service.toml:1:1: `host.component` is missing
            help: add `component = "target/wasm32-wasip2/release/greeter.wasm"` to `[host]`
            service.toml:6:8: `host` must be a table, found the integer `5`
            help: write `[host]`"#]],
    );
}

#[test]
fn the_number_of_instances_is_limited() {
    let count =
        |text: &str| accepted(&with(&[], &format!("instances = {text}\n")), &[]).host.instances;

    assert_eq!(count("1024"), Instances::Count(NonZeroUsize::new(1024).unwrap()));
    rejects(
        &with(&[], "instances = 0\n"),
        &[],
        &expect![[r#"
        service.toml:8:13: `host.instances` must be an integer from 1 to 1024, or `"auto"`, found the integer `0`
        help: for example `"auto"`"#]],
    );
    rejects(
        &with(&[], "instances = 1025\n"),
        &[],
        &expect![[r#"
        service.toml:8:13: `host.instances` must be an integer from 1 to 1024, or `"auto"`, found the integer `1025`
        help: for example `"auto"`"#]],
    );
    rejects(
        &with(&[], "instances = \"all\"\n"),
        &[],
        &expect![[r#"
        service.toml:8:13: `host.instances` must be an integer from 1 to 1024, or `"auto"`, found `"all"`
        help: for example `"auto"`"#]],
    );
    rejects(
        &with(&[], "instances = -1\n"),
        &[],
        &expect![[r#"
        service.toml:8:13: `host.instances` must be an integer from 1 to 1024, or `"auto"`, found the integer `-1`
        help: for example `"auto"`"#]],
    );
    rejects(
        &with(&[], "instances = 1.0\n"),
        &[],
        &expect![[r#"
        service.toml:8:13: `host.instances` must be an integer from 1 to 1024, or `"auto"`, found the number `1.0`
        help: for example `"auto"`"#]],
    );
}

#[test]
fn an_address_is_an_ip_address() {
    rejects(
        &with(&[], "address = \"localhost\"\n"),
        &[],
        &expect![[r#"
        service.toml:8:11: `host.address` must be an IP address, found `"localhost"`
        help: for example `"127.0.0.1"`"#]],
    );
    rejects(
        &with(&[], "address = \"127.0.0.1:80\"\n"),
        &[],
        &expect![[r#"
        service.toml:8:11: `host.address` must be an IP address, found `"127.0.0.1:80"`
        help: for example `"127.0.0.1"`"#]],
    );
}

#[test]
fn sizes_need_units_and_a_sensible_magnitude() {
    for bad in [
        "",
        "256",
        "256 MiB",
        "1.5GiB",
        "-1MiB",
        "MiB",
        "256mib",
        "5GiB",
        "1KiB",
        "1TiB",
        "18446744073709551616B",
        "99999999999GiB",
    ] {
        let text = with(&[], &format!("[host.limits]\nmemory = {bad:?}\n"));

        assert_eq!(super::parse(&text, &[]).expect_err(bad).len(), 1, "{bad}");
    }
    rejects(
        &with(&[], "limits.memory = 268435456\n"),
        &[],
        &expect![[r#"
        service.toml:8:17: `host.limits.memory` must be a size from `1MiB` to `4GiB`, found the integer `268435456`
        help: write the unit, for example `"64MiB"`"#]],
    );
    rejects(
        &with(&[], "limits.memory = \"256mib\"\n"),
        &[],
        &expect![[r#"
        service.toml:8:17: `host.limits.memory` must be a size from `1MiB` to `4GiB`, found `"256mib"`
        help: write an integer and a unit: `B`, `KiB`, `MiB`, `GiB`, `KB`, `MB` or `GB`"#]],
    );
    rejects(
        &with(&[], "limits.memory = \"5GiB\"\n"),
        &[],
        &expect![[r#"
        service.toml:8:17: `host.limits.memory` must be a size from `1MiB` to `4GiB`, found `"5GiB"`
        help: for example `"64MiB"`"#]],
    );
    rejects(
        &with(&[], "limits.max_body = \"2GiB\"\n"),
        &[],
        &expect![[r#"
        service.toml:8:19: `host.limits.max_body` must be a size from `0B` to `1GiB`, found `"2GiB"`
        help: for example `"1MiB"`"#]],
    );
}

#[test]
fn numbers_are_checked_and_never_coerced() {
    rejects(
        &with(
            &[],
            "[host.limits]\nmax_concurrency = 0\nmax_queue = 1000001\ncall_timeout = \"0ms\"\n",
        ),
        &[],
        &expect![[r#"
            service.toml:9:19: `host.limits.max_concurrency` must be an integer from 1 to 65535, found the integer `0`
            help: for example `64`
            service.toml:10:13: `host.limits.max_queue` must be an integer from 0 to 1000000, found the integer `1000001`
            help: for example `128`
            service.toml:11:16: `host.limits.call_timeout` must be a duration from `1ms` to `24h`, found `"0ms"`
            help: for example `"5s"`"#]],
    );
    rejects(
        &with(
            &[],
            "[host.limits]\nmax_concurrency = 65536\nmax_queue = \"5\"\ncall_timeout = 30\n",
        ),
        &[],
        &expect![[r#"
            service.toml:9:19: `host.limits.max_concurrency` must be an integer from 1 to 65535, found the integer `65536`
            help: for example `64`
            service.toml:10:13: `host.limits.max_queue` must be an integer from 0 to 1000000, found `"5"`
            help: remove the quotes
            service.toml:11:16: `host.limits.call_timeout` must be a duration from `1ms` to `24h`, found the integer `30`
            help: write the unit, for example `"5s"`"#]],
    );
}

#[test]
fn a_drain_delay_is_for_services_that_listen() {
    let delayed = |types| with(&[("types", types)], "drain_delay = \"5s\"\n");

    warns(&delayed("[\"native\", \"http\"]"), &[], &expect![[""]]);
    warns(
        &delayed("[\"native\"]"),
        &[],
        &expect![
            "service.toml:8:15: `host.drain_delay` has no effect without the kind `http` or `grpc`"
        ],
    );
}

#[test]
fn timeouts_have_a_range() {
    rejects(
        &with(&[], "start_timeout = \"0s\"\nshutdown_timeout = \"48h\"\n"),
        &[],
        &expect![[r#"
            service.toml:8:17: `host.start_timeout` must be a duration from `1ms` to `24h`, found `"0s"`
            help: for example `"10s"`
            service.toml:9:20: `host.shutdown_timeout` must be a duration from `1ms` to `24h`, found `"48h"`
            help: for example `"10s"`"#]],
    );
}

#[test]
fn what_to_watch_is_relative_to_the_file() {
    let watch = |file: &str, list: &str| {
        let text = with(&[], &format!("dev.watch = {list}\n"));
        Definition::parse(Path::new(file), &text, &variables(&[]).into()).unwrap().host.dev
    };
    let paths = |list: &[&str]| Dev {
        watch: list.iter().map(PathBuf::from).collect(),
        finds_sources: false,
    };

    assert_eq!(watch("service.toml", "['src']"), paths(&["src"]));
    assert_eq!(
        watch("app/service.toml", "['src', '../proto', '/etc/app.sql', 'src']"),
        paths(&["app/src", "app/../proto", "/etc/app.sql"])
    );
    assert_eq!(watch("service.toml", "[]"), paths(&[]));
    assert_eq!(
        watch("app/service.toml", "['...', '../proto']"),
        Dev { finds_sources: true, ..paths(&["app/../proto"]) }
    );
}

#[test]
fn what_to_watch_is_a_list_of_paths() {
    rejects(
        &with(&[], "dev.watch = 'src'\n"),
        &[],
        &expect![[r#"
        service.toml:8:13: `host.dev.watch` must be an array of paths, found `"src"`
        help: for example `["src", "../shared/proto"]`"#]],
    );
    rejects(
        &with(&[], "dev.watch = ['src', ' ', 5]\n"),
        &[],
        &expect![[r#"
            service.toml:8:21: `host.dev.watch` must not hold empty paths
            help: write `.` for the directory of this file
            service.toml:8:26: `host.dev.watch[2]` must be a string, found the integer `5`
            help: add quotes"#]],
    );
}

#[test]
fn egress_is_closed_unless_it_is_audited() {
    let egress = |key: &str| accepted(&with(&[], key), &[]).host.egress;

    assert_eq!(egress(""), Egress::Closed);
    assert_eq!(egress("egress = \"closed\"\n"), Egress::Closed);
    assert_eq!(egress("egress = \"audit\"\n"), Egress::Audit);
    rejects(
        &with(&[], "egress = \"open\"\n"),
        &[],
        &expect![[r#"
            service.toml:8:10: `host.egress` must be one of `closed`, `audit`, found `"open"`
            help: for example `"audit"`"#]],
    );
}
