use mikros_sdk::prelude::*;
use mikros_sdk::http::Next;

struct Shop;
struct Paging;
struct Item;

#[mikros_sdk::handler]
async fn a(_a: Query<Paging>, _b: Json<Vec<Item>>) -> (StatusCode, Json<Vec<Item>>) { todo!() }

#[mikros_sdk::handler]
async fn b(_a: Paging, _b: Path<u64>) -> std::io::Result<(u16, String)> { todo!() }

#[mikros_sdk::handler]
async fn c(_s: &Shop, _a: Vec<Paging>) -> Result<&'static str, Paging> { todo!() }

#[mikros_sdk::handler]
async fn d(_a: &str) -> &str { todo!() }

#[mikros_sdk::middleware]
async fn e(_n: Next, _r: Request) -> Response { todo!() }

#[mikros_sdk::middleware]
async fn f(_r: String, _n: Next) -> Response { todo!() }

#[mikros_sdk::middleware]
async fn g(_n: Next) -> Response { todo!() }

#[mikros_sdk::handler(state = Shop)]
async fn h() {}

#[mikros_sdk::handler]
struct K;

#[mikros_sdk::handler]
async fn i(_r: Request, _x: String) -> impl IntoResponse {}

type Q = Query<Paging>;
#[mikros_sdk::handler]
async fn j(_x: Q) {}

#[mikros_sdk::handler]
fn k() -> impl IntoResponse {}

fn main() {}
