struct Auth;

mikros_sdk::export_plugin!(Auth);

fn main() {}
