//! Extractors and handlers that need a library, each behind a feature.

use std::cell::Cell;
use std::rc::Rc;

use expect_test::expect;
use include_dir::{Dir, include_dir};
use mikros_sdk::http::cookie::{
    Cookie, CookieJar, HasSecretKey, PrivateCookieJar, SecretKey, SignedCookieJar,
};
use mikros_sdk::http::{Multipart, StaticFiles, TypedHeader, headers};
use mikros_sdk::prelude::*;
use mikros_sdk::stream::{self, StreamExt as _};
use mikros_sdk::testing::{self, Client};

use crate::{run, show};

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/tests/behaviour/files");

struct Probe(SecretKey);

impl Service for Probe {
    async fn on_start() -> Result<Self> {
        Ok(Self("0123456789abcdef0123456789abcdef".parse()?))
    }
}

impl HasSecretKey for Probe {
    fn secret_key(&self) -> &SecretKey {
        &self.0
    }
}

impl Http for Probe {
    fn routes() -> Router<Self> {
        let nested = Router::new()
            .get("/", StaticFiles::new(&FILES))
            .get("/style.css", StaticFiles::new(&FILES))
            .get("/none.css", StaticFiles::new(&FILES));
        Router::new()
            .post("/upload", upload)
            .post("/first-chunk", async |mut form: Multipart| -> Result<String> {
                let mut field = form.next_field().await?.or_invalid_arguments("no field")?;
                let chunk = field.chunk().await?.unwrap_or_default();
                Ok(chunk.len().to_string())
            })
            .get("/plain", async |jar: CookieJar| {
                let seen = jar.get("a").map(|cookie| cookie.value().to_owned());
                (jar.add(("a", "grün;")).add(("b", "2")).remove("old"), format!("{seen:?}"))
            })
            .get("/signed", async |jar: SignedCookieJar| {
                let seen = jar.get("s").map(|cookie| cookie.value().to_owned());
                (jar.add(("s", "visible")), format!("{seen:?}"))
            })
            .get("/private", async |jar: PrivateCookieJar| {
                let seen = jar.get("p").map(|cookie| cookie.value().to_owned());
                (jar.add(Cookie::build(("p", "hidden")).http_only(true)), format!("{seen:?}"))
            })
            .get("/agent", async |TypedHeader(host): TypedHeader<headers::ContentLength>| {
                (TypedHeader(headers::CacheControl::new().with_no_store()), host.0.to_string())
            })
            .get("/maybe", async |agent: Option<TypedHeader<headers::UserAgent>>| {
                agent.is_some().to_string()
            })
            .get("/", StaticFiles::new(&FILES))
            .get("/files/{*path}", StaticFiles::new(&FILES).with_cache_control("public"))
            .nest("/a/nested", nested)
    }
}

async fn upload(mut form: Multipart) -> Result<String> {
    let mut fields = Vec::new();
    while let Some(mut field) = form.next_field().await? {
        let mut length = 0;
        let name = format!("{:?} {:?} {:?}", field.name(), field.file_name(), field.content_type());
        while let Some(chunk) = field.chunk().await? {
            length += chunk.len();
        }
        fields.push(format!("{name} {length}"));
    }
    Ok(fields.join(", "))
}

const FORM: &str = "--X\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhi\r\n--X\r\n\
    content-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
    content-type: text/plain\r\n\r\nfive!\r\n--X--\r\n";

#[test]
fn multipart_forms_arrive_field_by_field() {
    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        let send = |content_type: &str, body: Body| {
            probe.post("/upload").header("content-type", content_type).body(body).send()
        };
        let form = "multipart/form-data; boundary=X";
        let pieces = FORM.as_bytes().chunks(7).map(|piece| Ok(Bytes::from_static(piece)));
        let gone = Err(ServiceError::precondition_failed("the client went away"));
        let replies = [
            send(form, Body::stream(stream::iter(pieces))).await,
            send(form, FORM[..70].to_owned().into()).await,
            send("multipart/form-data", FORM.into()).await,
            send("text/plain", FORM.into()).await,
            send(form, Body::stream(stream::iter([Ok(&FORM[..70]), gone]))).await,
        ];
        let mut shown = Vec::new();
        for reply in replies {
            shown.push(show(reply).await?);
        }
        Ok(shown.join("\n"))
    });

    expect![[r#"
        200 text/plain; charset=utf-8: Some("note") None None 2, Some("file") Some("a.txt") Some("text/plain") 5
        400 application/json: {"kind":"ValidationError","message":"the form cannot be read: it ends too early","code":0,"service_name":"test"}
        400 application/json: {"kind":"ValidationError","message":"the content type of the form has no boundary","code":0,"service_name":"test"}
        415 application/json: {"kind":"ValidationError","message":"expected a body of content type `multipart/form-data`, found `text/plain`","code":0,"service_name":"test"}
        412 application/json: {"kind":"ConditionError","message":"the client went away","code":0,"service_name":"test"}"#]].assert_eq(&shown);
}

/// So many pieces of 16 KiB, each counted when it is read.
fn endless(begin: &'static str, read: &Rc<Cell<u32>>) -> Body {
    let read = Rc::clone(read);
    let pieces = stream::repeat(Bytes::from_static(&[b'-'; 16 * 1024])).take(1000);
    let begin = stream::iter([Bytes::from_static(begin.as_bytes())]);
    Body::stream(begin.chain(pieces).map(move |piece| {
        read.set(read.get() + 1);
        Ok(piece)
    }))
}

#[test]
fn a_form_in_which_no_field_begins_is_refused_before_it_is_in_memory() {
    for begin in
        ["no boundary", "--X\r\ncontent-disposition: ", "--X\r\na: b\r\n\r\nhi\r\n--X\r\nx: "]
    {
        let read = Rc::new(Cell::new(0));
        let shown = run(async {
            let probe = testing::http::<Probe>().await?;
            let send = probe.post("/upload").body(endless(begin, &read));
            show(send.header("content-type", "multipart/form-data; boundary=X").send().await).await
        });

        assert!(shown.contains("400") && shown.contains("no field begins within"), "{shown}");
        assert!(read.get() < 10, "{begin}: {}", read.get());
    }
}

#[test]
fn a_form_is_read_no_faster_than_the_service_takes_it() {
    let read = Rc::new(Cell::new(0));
    let begin = "--X\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\n";
    run(async {
        let probe = testing::http::<Probe>().await?;
        let send = probe.post("/first-chunk").body(endless(begin, &read));
        send.header("content-type", "multipart/form-data; boundary=X").send().await.text().await
    });

    assert!(read.get() < 10, "{}", read.get());
}

#[test]
fn cookies_are_read_and_set() {
    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        let reply = probe.get("/plain").header("cookie", "old=1; a=gr%C3%BCn").send().await;
        let set = reply.headers().get_all("set-cookie").iter();
        let mut set: Vec<_> = set.map(|value| format!("{value:?}")).collect();
        set.sort();
        // When a cookie is removed, it expires at a date in the past.
        let set = set.join("\n").split("; Expires=").next().unwrap_or_default().to_owned();
        Ok(format!("{}\n{set}", reply.text().await?))
    });

    expect![[r#"
        Some("grün")
        "a=gr%C3%BCn%3B"
        "b=2"
        "old=; Max-Age=0"#]]
    .assert_eq(&shown);
}

/// What the handler finds in the cookie that it has set, in one whose first letter differs, and how it looks.
async fn sealed(probe: &Client<Probe>, path: &str) -> Result<(String, String, String)> {
    let set = probe.get(path).send().await.header("set-cookie").unwrap_or_default().to_owned();
    let cookie = set.split(';').next().unwrap_or_default().to_owned();
    let whole = probe.get(path).header("cookie", &cookie).send().await.text().await?;
    let (name, value) = cookie.split_once('=').unwrap_or_default();
    let other = if value.starts_with('A') { "B" } else { "A" };
    let forged = format!("{name}={other}{}", &value[1..]);
    let forged = probe.get(path).header("cookie", &forged).send().await.text().await?;
    Ok((whole, forged, set))
}

#[test]
fn signed_and_private_cookies_cannot_be_forged() {
    run(async {
        let probe = testing::http::<Probe>().await?;
        let (whole, forged, set) = sealed(&probe, "/signed").await?;
        assert_eq!((&*whole, &*forged), ("Some(\"visible\")", "None"));
        assert!(set.contains("visible"), "{set}");

        let (whole, forged, set) = sealed(&probe, "/private").await?;
        assert_eq!((&*whole, &*forged), ("Some(\"hidden\")", "None"));
        assert!(!set.contains("hidden") && set.ends_with("; HttpOnly"), "{set}");
        Ok(())
    });
}

#[test]
fn secrets_are_long_and_never_shown() {
    let key: SecretKey = "0123456789abcdef0123456789abcdef".parse().expect("it is long enough");

    assert_eq!(format!("{key:?}"), "SecretKey(..)");
    assert!("short".parse::<SecretKey>().is_err());
}

#[test]
fn header_fields_have_types() {
    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        let right = probe.get("/agent").header("content-length", "7").send().await;
        assert_eq!(right.header("cache-control"), Some("no-store"));
        let wrong = probe.get("/agent").header("content-length", "x").send().await;
        let shown = [
            show(right).await?,
            crate::show_fields(wrong).await?,
            crate::show_fields(probe.get("/agent").send().await).await?,
            show(probe.get("/maybe").send().await).await?,
        ];
        Ok(shown.join("\n"))
    });

    expect![[r#"
        200 text/plain; charset=utf-8: 7
        400 request validation failed
          `header.content-length`: does not have the right form
        400 request validation failed
          `header.content-length`: is missing
        200 text/plain; charset=utf-8: false"#]]
    .assert_eq(&shown);
}

#[test]
fn files_are_served_with_types_tags_and_ranges() {
    let shown = run(async {
        let probe = testing::http::<Probe>().await?;
        let mut shown = Vec::new();
        for path in [
            "/",
            "/files/style.css",
            "/files/docs/",
            "/files/docs?a",
            "/files/none",
            "/files/%2e%2e/x",
            "/a/nested",
            "/a/nested/style.css",
        ] {
            let reply = probe.get(path).send().await;
            let location = reply.header("location").unwrap_or_default().to_owned();
            shown.push(format!("{path} {location} {}", show(reply).await?));
        }
        let whole = probe.get("/files/style.css").send().await;
        let etag = whole.header("etag").unwrap_or_default().to_owned();
        assert_eq!(whole.header("cache-control"), Some("public"));
        let again = probe.get("/files/style.css").header("if-none-match", &etag).send().await;
        shown.push(format!("again {}", show(again).await?));
        let part = probe.get("/files/style.css").header("range", "bytes=0-3").send().await;
        shown.push(format!("part {}", show(part).await?));
        Ok(shown.join("\n"))
    });

    expect![[r#"
        /  200 text/html; charset=utf-8: <!doctype html>home

        /files/style.css  200 text/css; charset=utf-8: body{}
        /files/docs/  200 text/html; charset=utf-8: docs

        /files/docs?a ./docs/?a 307 no content type: 
        /files/none  404 application/json: {"kind":"NotFoundError","message":"no file for `GET /files/none`","code":0,"service_name":"test"}
        /files/%2e%2e/x  404 application/json: {"kind":"NotFoundError","message":"no file for `GET /files/%2e%2e/x`","code":0,"service_name":"test"}
        /a/nested  200 text/html; charset=utf-8: <!doctype html>home

        /a/nested/style.css  200 text/css; charset=utf-8: body{}
        again 304 no content type: 
        part 206 text/css; charset=utf-8: body"#]].assert_eq(&shown);
}
