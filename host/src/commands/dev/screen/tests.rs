//! Tests of the screen with outputs that keep their bytes: text in, bytes out.

use std::sync::atomic::{AtomicBool, Ordering};

use expect_test::{Expect, expect};

use super::*;

/// A terminal, or a file: what is written to it, in order, whoever writes.
#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Paper {
    fn terminal(&self, columns: usize) -> Screen {
        Screen::new(Box::new(self.clone()), Some(Box::new(move || Some(columns))))
    }

    fn file(&self) -> Screen {
        Screen::new(Box::new(self.clone()), None)
    }

    /// Control characters are written so that they can be read.
    #[track_caller]
    fn reads(&self, expected: &Expect) {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let text = text.replace('\x1b', "<esc>").replace('\r', "<cr>");
        expected.assert_eq(&text);
    }
}

/// All that a screen can do, in the order in which it happens around a build.
fn build_on(screen: &Screen, log: &mut dyn Write) {
    screen.say(Tone::Plain, "keys: b build");
    screen.progress(Some("building, 0.1 s"));
    screen.output(b"\x1b[32mCompil");
    log.write_all(b"12:00:00 INFO  request\n").unwrap();
    screen.output(b"ing\x1b[0m a\nCompiling b");
    screen.tick();
    screen.progress(Some("building, 0.2 s"));
    screen.output(b"\n");
    screen.progress(None);
    screen.say(Tone::Good, "built in 0.2 s");
}

#[test]
fn the_progress_stays_at_the_bottom_of_a_terminal() {
    let paper = Paper::default();
    let screen = paper.terminal(80);

    build_on(&screen, &mut screen.beside(paper.clone(), true));

    paper.reads(&expect![[r"
        keys: b build
        | building, 0.1 s<cr><esc>[2K12:00:00 INFO  request
        | building, 0.1 s<cr><esc>[2K<esc>[32mCompiling<esc>[0m a<esc>[0m
        | building, 0.1 s<cr><esc>[2K/ building, 0.1 s<cr><esc>[2K/ building, 0.2 s<cr><esc>[2KCompiling b
        / building, 0.2 s<cr><esc>[2K<esc>[1;32mbuilt in 0.2 s<esc>[0m
    "]]);
}

#[test]
fn a_file_gets_whole_lines_and_nothing_else() {
    let paper = Paper::default();
    let screen = paper.file();

    build_on(&screen, &mut screen.beside(paper.clone(), false));

    paper.reads(&expect![[r"
        keys: b build
        12:00:00 INFO  request
        Compiling a
        Compiling b
        built in 0.2 s
    "]]);
}

#[test]
fn a_line_without_an_end_is_ended_by_what_is_said_next() {
    let paper = Paper::default();
    let screen = paper.terminal(80);

    screen.output(b"error: killed");
    screen.say(Tone::Bad, "build failed\nwaiting for a change");

    paper.reads(&expect![[r"
        error: killed
        <esc>[1;31mbuild failed<esc>[0m
        <esc>[1;31mwaiting for a change<esc>[0m
    "]]);
}

#[test]
fn a_line_that_never_ends_is_not_kept_for_ever() {
    let paper = Paper::default();
    let screen = paper.file();

    screen.output(&vec![b'.'; LONGEST_PARTIAL]);
    assert_eq!(paper.0.lock().unwrap().len(), 0);
    screen.output(b".");

    assert_eq!(paper.0.lock().unwrap().len(), LONGEST_PARTIAL + 2);
}

#[test]
fn empty_lines_of_a_build_stay() {
    let paper = Paper::default();

    paper.file().output(b"\na\n\n\r\nb\n");

    paper.reads(&expect![[r"

        a


        b
    "]]);
}

#[test]
fn the_progress_fits_into_one_line() {
    let paper = Paper::default();

    paper.terminal(12).progress(Some("building, 10.5 s"));

    // The screen is gone, and so is its last line.
    paper.reads(&expect!["| buildin..<cr><esc>[2K"]);
}

#[test]
fn the_log_may_come_in_pieces() {
    let paper = Paper::default();
    let screen = paper.terminal(80);
    let mut log = screen.beside(paper.clone(), true);

    screen.progress(Some("building"));
    log.write_all(b"half a ").unwrap();
    screen.tick();
    log.write_all(b"line\n").unwrap();
    log.write_all(b"and half").unwrap();
    screen.say(Tone::Plain, "said");

    paper.reads(&expect![[r"
        | building<cr><esc>[2Khalf a line
        / building<cr><esc>[2Kand half
        said
        / building"]]);
}

#[test]
fn nothing_happens_to_the_prompt_of_a_shell() {
    let paper = Paper::default();
    let is_ours = Arc::new(AtomicBool::new(true));
    let columns = {
        let is_ours = Arc::clone(&is_ours);
        move || is_ours.load(Ordering::Relaxed).then_some(80)
    };
    let screen = Screen::new(Box::new(paper.clone()), Some(Box::new(columns)));
    let mut log = screen.beside(paper.clone(), true);

    screen.progress(Some("building"));
    is_ours.store(false, Ordering::Relaxed);
    screen.say(Tone::Plain, " - said");
    screen.tick();
    is_ours.store(true, Ordering::Relaxed);
    screen.tick();
    is_ours.store(false, Ordering::Relaxed);
    log.write_all(b" - logged\n").unwrap();

    paper.reads(&expect![[r"
        | building - said
        - building - logged
    "]]);
}

#[test]
fn a_log_outlives_the_screen() {
    let paper = Paper::default();
    let screen = paper.terminal(80);
    let mut log = screen.beside(paper.clone(), true);

    screen.progress(Some("stopping"));
    drop(screen);
    log.write_all(b"stopped\n").unwrap();

    paper.reads(&expect![[r"
        | stopping<cr><esc>[2Kstopped
    "]]);
}

#[test]
fn a_log_that_cannot_be_written_leaves_the_progress_there() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let paper = Paper::default();
    let screen = paper.terminal(80);

    screen.progress(Some("building"));
    let refused = screen.beside(Full, true).write(b"line\n").unwrap_err();
    screen.tick();

    assert_eq!(refused.kind(), io::ErrorKind::StorageFull);
    paper.reads(&expect!["| building<cr><esc>[2K| building<cr><esc>[2K/ building"]);
}

#[test]
fn services_share_a_screen_line_by_line() {
    let paper = Paper::default();
    let all = paper.terminal(80);
    let parts = all.divided(&["user".to_owned(), "bff".to_owned()]);

    parts[0].progress(Some("building, 0.1 s"));
    parts[1].progress(Some("starting"));
    parts[0].output(b"Compiling a");
    parts[1].say(Tone::Good, "ready in 1 ms\nhttp  http://localhost:8080");
    parts[1].progress(None);
    parts[0].output(b"\n");
    parts[0].progress(None);
    all.say_for_all("keys: b build");

    paper.reads(&expect![[r"
        | user: building, 0.1 s<cr><esc>[2K| user: building, 0.1 s · bff: starting<cr><esc>[2Kbff  | <esc>[1;32mready in 1 ms<esc>[0m
        bff  | <esc>[1;32mhttp  http://localhost:8080<esc>[0m
        | user: building, 0.1 s · bff: starting<cr><esc>[2K| user: building, 0.1 s<cr><esc>[2Kuser | Compiling a
        | user: building, 0.1 s<cr><esc>[2Kkeys: b build
    "]]);
}
