//! Tests of builds whose result is no longer wanted.

use tokio::time::sleep;

use super::*;

/// Its shell ends when it is asked to, and the one below does not, nor do those below that.
const DEAF_CHILD: &str = "sh -c 'trap \"\" TERM; echo $PPID $$; sleep 1000; sleep 1000' & wait";

/// Waits until a build has told which processes it consists of.
async fn processes(build: &mut Build, printed: &Printed) -> Vec<u32> {
    loop {
        let ended = timeout(Duration::from_millis(1), build.wait()).await;
        assert!(ended.is_err(), "{ended:?}");
        if let Some(processes) = printed.processes() {
            return processes;
        }
    }
}

/// Waits until processes that were killed are gone, which the kernel does a little later.
async fn vanish(processes: &[u32]) {
    while processes.iter().any(|process| is_alive(*process)) {
        sleep(Duration::from_millis(1)).await;
    }
}

#[test]
fn a_build_is_killed_with_its_children() {
    let service = Service::new();

    run(async {
        let mut build = service.start("sleep 1000 & echo $$ $!; wait");
        let processes = processes(&mut build, &service.printed).await;

        build.kill().await;

        assert!(!processes.into_iter().any(is_alive));
    });
}

#[test]
fn a_build_that_does_not_listen_is_killed_by_force() {
    let service = Service::new();

    run(async {
        let mut build = service.start("trap '' TERM; sleep 1000 & echo $$ $!; wait; sleep 1000");
        let processes = processes(&mut build, &service.printed).await;

        build.kill().await;

        vanish(&processes).await;
    });
}

#[test]
fn children_that_do_not_listen_are_killed_by_force() {
    let service = Service::new();

    run(async {
        let mut build = service.start(DEAF_CHILD);
        let processes = processes(&mut build, &service.printed).await;

        build.kill().await;

        vanish(&processes).await;
    });
}

#[test]
fn a_build_may_clean_up() {
    let service = Service::new();

    run(async {
        let command =
            "trap 'echo bye; touch clean; exit 1' TERM; echo $$; while :; do sleep 0.01; done";
        let mut build = service.start(command);
        processes(&mut build, &service.printed).await;

        build.kill().await;
    });

    assert!(service.directory.join("clean").exists());
}

#[test]
fn a_build_that_is_stopped_may_clean_up_as_well() {
    let service = Service::new();

    run(async {
        let mut build =
            service.start("trap 'touch clean; exit 1' TERM; echo $$; kill -STOP $$; sleep 1000");
        let processes = processes(&mut build, &service.printed).await;
        while state(processes[0]) != Some('T') {
            sleep(Duration::from_millis(1)).await;
        }

        build.kill().await;
    });

    assert!(service.directory.join("clean").exists());
}

#[test]
fn a_build_that_is_dropped_is_gone_with_its_children() {
    let service = Service::new();

    run(async {
        let mut build = service.start("trap '' TERM; sleep 1000 & echo $$ $!; wait");
        let processes = processes(&mut build, &service.printed).await;

        drop(build);

        vanish(&processes).await;
    });
}

#[test]
fn a_kill_that_is_given_up_kills_at_once() {
    let service = Service::new();

    run(async {
        let mut build = service.start(DEAF_CHILD);
        let processes = processes(&mut build, &service.printed).await;

        // Given up when the shell is gone, whose end was asked for.
        let gone = async {
            while state(processes[0]).is_some() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            () = build.kill() => panic!("one of them does not listen"),
            () = gone => (),
        }

        vanish(&processes).await;
    });
}
