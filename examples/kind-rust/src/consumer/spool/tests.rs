//! Claims, acknowledgements and dead letters, on a real file system.
//! Deliberately without a host.

use super::*;

/// A spool that is gone when the value is dropped.
struct Scene {
    root: PathBuf,
    spool: Spool,
}

impl Scene {
    fn new(name: &str) -> Self {
        let root = std::env::temp_dir().join(format!("spool-{}-{name}", std::process::id()));
        // A process with this id may have been killed before it could clean up.
        drop(fs::remove_dir_all(&root));
        let (directory, dead_letters) = (root.join("messages"), root.join("dead"));
        fs::create_dir_all(&directory).expect("the temporary directory can be written");
        fs::create_dir_all(&dead_letters).expect("the temporary directory can be written");
        let spool = Spool::open(directory, dead_letters).expect("both directories are there");
        Self { root, spool }
    }

    fn write(&self, name: &str, body: &str) {
        let path = self.spool.directory.join(name);
        fs::write(path, body).expect("the temporary directory can be written");
    }

    fn messages(&self) -> Vec<OsString> {
        self.spool.messages().expect("the directory can be read")
    }

    fn claim(&self, name: &str) -> Option<Claim> {
        self.spool.claim(name.into()).expect("the file can be read")
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.root));
    }
}

#[test]
fn messages_are_found_in_the_order_of_their_names() {
    let scene = Scene::new("order");
    for name in ["b", "a", ".half-written", "c"] {
        scene.write(name, "");
    }
    fs::create_dir(scene.spool.directory.join("d")).expect("the directory can be written");

    assert_eq!(scene.messages(), ["a", "b", "c"]);
}

#[test]
fn a_message_is_claimed_once_at_a_time() {
    let scene = Scene::new("claim");
    scene.write("a", "hello");

    let mut claim = scene.claim("a").expect("nobody has it");
    assert!(scene.claim("a").is_none());
    assert_eq!(claim.read(5).expect("it can be read").as_deref(), Some(&b"hello"[..]));

    drop(claim);
    assert!(scene.claim("a").is_some());
}

#[test]
fn what_is_done_is_gone() {
    let scene = Scene::new("done");
    scene.write("a", "");
    let claim = scene.claim("a").expect("nobody has it");

    scene.spool.remove(&claim).expect("it can be removed");

    assert_eq!(scene.messages(), Vec::<OsString>::new());
    assert!(scene.claim("a").is_none());
}

#[test]
fn a_larger_message_is_not_read() {
    let scene = Scene::new("size");
    scene.write("a", "hello");

    let mut claim = scene.claim("a").expect("nobody has it");

    assert_eq!(claim.read(4).expect("it can be read"), None);
}

#[test]
fn no_dead_letter_takes_the_place_of_another() {
    let scene = Scene::new("dead");
    for (body, expected) in [("one", "a"), ("two", "a.2"), ("three", "a.3")] {
        scene.write("a", body);

        let buried = scene.spool.bury(OsStr::new("a")).expect("it can be moved");

        assert_eq!(buried.as_deref(), Some(OsStr::new(expected)));
        let content = fs::read_to_string(scene.spool.dead_letters.join(expected));
        assert_eq!(content.expect("it is there"), body);
    }
    assert_eq!(scene.messages(), Vec::<OsString>::new());
}

#[test]
fn what_somebody_has_removed_is_gone() {
    let scene = Scene::new("removed");
    scene.write("a", "");
    let claim = scene.claim("a").expect("nobody has it");
    fs::remove_file(scene.spool.directory.join("a")).expect("it is there");

    scene.spool.remove(&claim).expect("it need not be removed");

    assert_eq!(scene.spool.bury(claim.name()).expect("it need not be moved"), None);
}

#[test]
fn directories_have_to_be_there() {
    let nowhere = PathBuf::from("/nonexistent");

    let error = Spool::open(nowhere.clone(), nowhere).expect_err("there is no such directory");

    assert_eq!(error.to_string(), "cannot use the directory `/nonexistent`");
    assert_eq!(error.setting(), Some("directory"));
}
