//! What `export!` expands to. Deliberately looks at text only; the compiler's view is in `tests/ui` of the SDK.

use expect_test::{Expect, expect};

use super::*;

#[track_caller]
fn expands(input: &str, expected: &Expect) {
    let tokens = expand(input.parse().expect("the input is tokens"));
    let file = syn::parse2(tokens).expect("the expansion is items");
    expected.assert_eq(&prettyplease::unparse(&file));
}

#[test]
fn a_kind_becomes_an_export_next_to_the_lifecycle() {
    expands(
        "crate::Hello: http",
        &expect![[r#"
        const _: () = {
            ::mikros_sdk::__private::is_service::<crate::Hello>();
            ::mikros_sdk::__private::is_http::<crate::Hello>();
        };
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
        const _: () = {
            type __Exported = ::mikros_sdk::__private::Exported<
                crate::Hello,
                ::mikros_sdk::__private::WithRoutes,
            >;
            ::mikros_sdk::__private::lifecycle::export_lifecycle!(
                __Exported with_types_in::mikros_sdk::__private::lifecycle
            );
            ::mikros_sdk::__private::http::export_http!(
                __Exported with_types_in::mikros_sdk::__private::http
            );
        };
    "#]],
    );
}

#[test]
fn several_kinds_share_one_type() {
    expands(
        "Hello: native, http,",
        &expect![[r#"
        const _: () = {
            ::mikros_sdk::__private::is_service::<Hello>();
            ::mikros_sdk::__private::is_native::<Hello>();
            ::mikros_sdk::__private::is_http::<Hello>();
        };
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
        const _: () = {
            type __Exported = ::mikros_sdk::__private::Exported<
                Hello,
                ::mikros_sdk::__private::WithRoutes,
            >;
            ::mikros_sdk::__private::lifecycle::export_lifecycle!(
                __Exported with_types_in::mikros_sdk::__private::lifecycle
            );
            ::mikros_sdk::__private::native::export_native!(
                __Exported with_types_in::mikros_sdk::__private::native
            );
            ::mikros_sdk::__private::http::export_http!(
                __Exported with_types_in::mikros_sdk::__private::http
            );
        };
    "#]],
    );
}

#[test]
fn a_task_is_a_kind_like_others() {
    expands(
        "Hello: cronjob",
        &expect![[r#"
        const _: () = {
            ::mikros_sdk::__private::is_service::<Hello>();
            ::mikros_sdk::__private::is_cronjob::<Hello>();
        };
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
        const _: () = {
            type __Exported = ::mikros_sdk::__private::Exported<
                Hello,
                ::mikros_sdk::__private::WithoutRoutes,
            >;
            ::mikros_sdk::__private::lifecycle::export_lifecycle!(
                __Exported with_types_in::mikros_sdk::__private::lifecycle
            );
            ::mikros_sdk::__private::cronjob::export_cronjob!(
                __Exported with_types_in::mikros_sdk::__private::cronjob
            );
        };
    "#]],
    );
}

#[test]
fn handover_stands_next_to_a_kind() {
    expands(
        "Hello: native, handover",
        &expect![[r#"
        const _: () = {
            ::mikros_sdk::__private::is_service::<Hello>();
            ::mikros_sdk::__private::is_native::<Hello>();
            ::mikros_sdk::__private::is_handover::<Hello>();
        };
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
        const _: () = {
            type __Exported = ::mikros_sdk::__private::Exported<
                Hello,
                ::mikros_sdk::__private::WithoutRoutes,
            >;
            ::mikros_sdk::__private::lifecycle::export_lifecycle!(
                __Exported with_types_in::mikros_sdk::__private::lifecycle
            );
            ::mikros_sdk::__private::native::export_native!(
                __Exported with_types_in::mikros_sdk::__private::native
            );
            ::mikros_sdk::__private::handover::export_handover!(
                __Exported with_types_in::mikros_sdk::__private::handover
            );
        };
    "#]],
    );
}

#[test]
fn the_lifecycle_is_enough_for_kinds_that_are_exported_by_hand() {
    expands(
        "Hello: lifecycle",
        &expect![[r#"
        const _: () = {
            ::mikros_sdk::__private::is_service::<Hello>();
        };
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
        const _: () = {
            type __Exported = ::mikros_sdk::__private::Exported<
                Hello,
                ::mikros_sdk::__private::WithoutRoutes,
            >;
            ::mikros_sdk::__private::lifecycle::export_lifecycle!(
                __Exported with_types_in::mikros_sdk::__private::lifecycle
            );
        };
    "#]],
    );
}

#[test]
fn grpc_declares_its_services() {
    expands(
        "Hello: grpc",
        &expect![[r#"
        const _: () = {
            ::mikros_sdk::__private::is_service::<Hello>();
        };
        #[cfg(target_family = "wasm")]
        #[allow(unsafe_code, reason = "the generated code crosses the component boundary")]
        const _: () = {
            type __Exported = ::mikros_sdk::__private::Exported<
                Hello,
                ::mikros_sdk::__private::WithoutRoutes,
            >;
            ::mikros_sdk::__private::lifecycle::export_lifecycle!(
                __Exported with_types_in::mikros_sdk::__private::lifecycle
            );
        };
        ::mikros_sdk::__private::with_grpc! {
            const _ : () = { ::mikros_sdk::__private::is_grpc:: < Hello > (); };
            #[cfg(target_family = "wasm")] #[allow(unsafe_code, reason =
            "the generated code crosses the component boundary")] const _ : () = { type
            __Exported = ::mikros_sdk::__private::Exported < Hello,
            ::mikros_sdk::__private::WithoutRoutes >;
            ::mikros_sdk::__private::grpc::export_grpc!(__Exported
            with_types_in::mikros_sdk::__private::grpc); const __DECLARATIONS : &
            [::mikros_sdk::__private::rpc::Declaration] =
            ::mikros_sdk::__private::rpc::declarations:: < Hello > (); #[unsafe (link_section =
            "mikros:grpc/services")] #[used] static __NAMES : [u8;
            ::mikros_sdk::__private::rpc::names_length(__DECLARATIONS)] =
            ::mikros_sdk::__private::rpc::names(__DECLARATIONS); #[unsafe (link_section =
            "mikros:grpc/descriptors")] #[used] static __DESCRIPTORS : [u8;
            ::mikros_sdk::__private::rpc::descriptors_length(__DECLARATIONS)] =
            ::mikros_sdk::__private::rpc::descriptors(__DECLARATIONS); };
        }
    "#]],
    );
}

#[test]
fn mistakes_are_collected_and_nothing_is_exported() {
    expands(
        "Hello: http, http, grcp",
        &expect![[r#"
            const _: () = {
                ::mikros_sdk::__private::is_service::<Hello>();
                ::mikros_sdk::__private::is_http::<Hello>();
            };
            ::core::compile_error! {
                "`http` is named twice; remove one"
            }
            ::core::compile_error! {
                "unknown kind `grcp`, did you mean `grpc`?"
            }
        "#]],
    );
}
