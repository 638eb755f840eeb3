//! Values that stay on the thread on which they were made, for libraries that demand `Send`.
//! Deliberately without a check in components, which have one thread.

#[cfg(not(all(target_family = "wasm", not(target_feature = "atomics"))))]
pub(crate) use send_wrapper::SendWrapper as Local;

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
pub(crate) use single::Local;

#[cfg(all(target_family = "wasm", not(target_feature = "atomics")))]
mod single {
    use std::ops::{Deref, DerefMut};
    use std::pin::Pin;
    use std::task::{Context, Poll};

    /// Like `SendWrapper`, but without its check of the thread, which makes every component 2 KiB larger.
    #[derive(Debug)]
    pub(crate) struct Local<T>(T);

    // SAFETY: WebAssembly without atomics has no threads, so a value cannot get to another one.
    #[expect(unsafe_code, reason = "the compiler does not know that there is one thread only")]
    unsafe impl<T> Send for Local<T> {}

    // SAFETY: as above.
    #[expect(unsafe_code, reason = "as above")]
    unsafe impl<T> Sync for Local<T> {}

    impl<T> Local<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(value)
        }

        pub(crate) fn take(self) -> T {
            self.0
        }
    }

    impl<T> Deref for Local<T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.0
        }
    }

    impl<T> DerefMut for Local<T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.0
        }
    }

    impl<F: Future> Future for Local<F> {
        type Output = F::Output;

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
            // SAFETY: the value is pinned as long as its wrapper is, and `Deref` moves nothing.
            #[expect(unsafe_code, reason = "the projection of the only field")]
            let inner = unsafe { self.map_unchecked_mut(|local| &mut local.0) };
            inner.poll(context)
        }
    }
}
