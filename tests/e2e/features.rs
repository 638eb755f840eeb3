//! Features that the host ships, as services enable them.
//! Does not know how features are started and stopped.

mod auth;
mod compression;
mod cors;
mod rate_limit;
mod tracker;

use crate::support::{Command, Host, Line, Service, guests};

/// A service of kind `http` that answers what it gets, with a feature.
fn echoes(settings: &str) -> Service {
    Service::new(guests::ECHOES, "http:0").tables(settings)
}

/// A service of kind `grpc` that does what messages ask for, with a feature.
fn probe(settings: &str) -> Service {
    Service::new(guests::STREAMS, "grpc:0").tables(settings)
}

/// The port of kind `grpc`.
fn rpc_port(host: &Host) -> u16 {
    host.wait_until("the port of kind `grpc`", |log| {
        let is_grpc = |line: &&Line| line.has("address") && line.text("kind") == "grpc";
        let line = log.iter().find(is_grpc)?;
        line.text("address").rsplit_once(':')?.1.parse().ok()
    })
}

/// What `run` says to settings that cannot work.
#[track_caller]
fn refusal(settings: &str) -> String {
    let service = echoes(settings);
    let ended = Command::new(["run".as_ref(), service.path().as_os_str()]).run();
    assert_eq!(ended.status, 2, "{ended:?}");
    ended.stderr
}

#[test]
fn what_works_and_is_hardly_meant_is_a_warning_at_its_place() {
    let settings = "[services.http]\nbase_path = '/api'\n\
                    [features.http_auth]\nenabled = true\npublic = ['/docs', '/api/docs']\n\
                    [[features.http_auth.api_keys]]\nname = 'a'\nkey = 'KEY@env'\n\
                    [features.http_cors]\nenabled = true\n\
                    allowed_origins = ['https://app.example.org', 'https://*.co.uk']\n\
                    [features.rate_limit]\nenabled = true\nrequests = 5\nper = '1s'\nroutes = ['/x']";
    let service = echoes(settings);
    let check = |key: &str| {
        let command = Command::new(["check".as_ref(), service.path().as_os_str()]);
        command.env("KEY", key).run()
    };

    let good = check("0123456789abcdef");
    let bad = check("0123456789abcdef\n");

    assert_eq!((good.status, bad.status), (0, 2), "{good:?} {bad:?}");
    let good = good.outline();
    for said in [
        "warning: `features.http_auth.public[0]` is outside of `services.http.base_path`",
        "warning: `features.http_cors.allowed_origins[1]` covers pages of strangers",
        "warning: `features.rate_limit.routes[0]` is outside of `services.http.base_path`",
        "no problems, 3 warnings",
    ] {
        assert!(good.contains(said), "{said}: {good}");
    }
    let bad = bad.outline();
    let said = "`features.http_auth.api_keys[0].key` must not end in a line end";
    assert!(bad.contains(said) && bad.contains("`echo`"), "{bad}");
}
