//! The file that includes the files of packages in modules of their names.
//! Does not know what is in them.

use std::collections::BTreeMap;

use super::ModulePath;

/// Modules that include `files`, given by the path of the module.
pub(super) fn modules(files: &BTreeMap<&ModulePath, String>) -> String {
    let mut code = String::new();
    let mut open: &[String] = &[];
    for (path, file) in files {
        let common = open.iter().zip(*path).take_while(|(open, name)| open == name).count();
        close(&mut code, open.len(), common);
        for (depth, name) in path.iter().enumerate().skip(common) {
            line(&mut code, depth, &format!("pub mod {name} {{"));
        }
        open = path;
        line(&mut code, open.len(), &format!("include!({file:?});"));
    }
    close(&mut code, open.len(), 0);
    code
}

fn close(code: &mut String, from: usize, to: usize) {
    for depth in (to..from).rev() {
        line(code, depth, "}");
    }
}

fn line(code: &mut String, depth: usize, text: &str) {
    code.push_str(&"    ".repeat(depth));
    code.push_str(text);
    code.push('\n');
}
