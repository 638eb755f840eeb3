//! The events that the host logs: what programs that read the log look for.
//!
//! Does not know the messages of lines, which are for people and may change.

/// Declares [`Event`]: per event its name in lines and, as documentation, what has happened.
macro_rules! events {
    ($($(#[doc = $meaning:literal])+ $event:ident = $name:literal,)+) => {
        /// What a line of the host is about. Names are part of what the host promises: a message may change, the name of
        /// its event does not.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Event {
            $($(#[doc = $meaning])+ $event,)+
        }

        impl Event {
            /// All events with what they mean, in the order of the documentation.
            const ALL: &[(Self, &str)] = &[$((Self::$event, concat!($($meaning),+))),+];

            /// The value of the field `event`, for example `service-running`.
            pub(crate) const fn name(self) -> &'static str {
                match self {
                    $(Self::$event => $name,)+
                }
            }
        }
    };
}

events! {
    /// The host has read a valid `service.toml` and starts the service.
    ServiceStarting = "service-starting",
    /// `service.toml` is valid, but a part of it deserves attention.
    DefinitionWarning = "definition-warning",
    /// The features of a version start.
    FeaturesStarting = "features-starting",
    /// A version has started: its component, limits, features, and how long the start took.
    ServiceResources = "service-resources",
    /// A kind of the service runs. There is one line per kind, with `address` if it has a socket.
    ServiceRunning = "service-running",
    /// A request of a service with `access_log` is over.
    Access = "access",
    /// A stop has begun. If there is a `drain_delay`, or `callers`, the service still accepts connections.
    ServiceStopping = "service-stopping",
    /// `drain_delay` is over and the callers have ended. The service finishes the calls in flight.
    ServiceDraining = "service-draining",
    /// The service has stopped.
    ServiceStopped = "service-stopped",
    /// A further signal ended the service before the stop was complete.
    ServiceKilled = "service-killed",
    /// The service cannot start or cannot continue. `reason` and `error.message` say why.
    ServiceAborted = "service-aborted",
    /// The level of the log was set at the admin listener, or the time of such a level is over.
    LogLevelChanged = "log-level-changed",
    /// The service manager that started the host cannot be told about it.
    ServiceManagerUnreachable = "service-manager-unreachable",
    /// A signal arrived during the stop. The next one ends the service immediately.
    SignalRepeated = "signal-repeated",
    /// A signal arrived too soon after the one before to count.
    SignalIgnored = "signal-ignored",
    /// A version took longer than `shutdown_timeout` to stop. The host cut off what was left.
    ShutdownTimedOut = "shutdown-timed-out",
    /// A step of the shutdown failed, for example `on-finish`.
    ShutdownStepFailed = "shutdown-step-failed",
    /// A stop cut off responses that their clients read too slowly.
    SlowReadersCut = "slow-readers-cut",
    /// A kind did not stop cleanly.
    KindStopFailed = "kind-stop-failed",
    /// A feature did not stop cleanly.
    FeatureStopFailed = "feature-stop-failed",
    /// Worker threads did not stop. The host continues without them.
    ThreadsAbandoned = "threads-abandoned",
    /// The system refused threads. The service runs with fewer than configured.
    ThreadsMissing = "threads-missing",
    /// A script did not stop in time. The host interrupts it.
    ScriptInterrupted = "script-interrupted",
    /// The instance of a script was lost, so the host does not call `cleanup`.
    ScriptCleanupSkipped = "script-cleanup-skipped",
    /// `cleanup` of a script failed.
    ScriptCleanupFailed = "script-cleanup-failed",
    /// SIGHUP arrived or a watched file changed. The host reads `service.toml` again.
    ReloadStarted = "reload-started",
    /// Some changes of files may go unnoticed, or are noticed later.
    WatchLimited = "watch-limited",
    /// A new version starts next to the one that serves.
    SwapStarted = "swap-started",
    /// The new version serves.
    SwapCompleted = "swap-completed",
    /// The new version does not serve. The version before continues.
    SwapFailed = "swap-failed",
    /// Too many old versions are still draining. The new version starts when one of them has stopped.
    SwapWaiting = "swap-waiting",
    /// An old version has stopped.
    VersionStopped = "version-stopped",
    /// The new version has received the state of the old one.
    StateHandedOver = "state-handed-over",
    /// The new version has not received the state of one instance, or of all.
    HandoverFailed = "handover-failed",
    /// The host answered a request.
    RequestAnswered = "request-answered",
    /// A request failed. `http.status` and `error.kind` say how.
    RequestFailed = "request-failed",
    /// The host answered an RPC.
    RpcAnswered = "rpc-answered",
    /// An RPC failed. `grpc.code` and `error.kind` say how.
    RpcFailed = "rpc-failed",
    /// The service returned an error with invalid parts. The host left them out.
    ErrorInvalid = "error-invalid",
    /// A response was cut off because the service did not complete its body.
    ResponseCut = "response-cut",
    /// A body that a feature produces ended early.
    ResponseBodyFailed = "response-body-failed",
    /// There is no capacity: the host refuses requests. Repeated at most every 10 s.
    RequestsRefused = "requests-refused",
    /// Requests fit again, or the version that refused them has stopped.
    RefusalsEnded = "refusals-ended",
    /// An instance trapped, hung, or exceeded a limit. Its calls are lost.
    InstanceLost = "instance-lost",
    /// A stop cut off an instance that still had calls.
    InstanceCut = "instance-cut",
    /// The host could not replace a lost instance. It tries again.
    InstanceStartFailed = "instance-start-failed",
    /// The host cannot accept connections because descriptors or memory ran out. They wait.
    ShortageStarted = "shortage-started",
    /// The host accepts connections again, or the listener has closed.
    ShortageEnded = "shortage-ended",
    /// An attempt to accept a connection failed.
    AcceptFailed = "accept-failed",
    /// The host cannot serve a listening socket.
    ListenFailed = "listen-failed",
    /// A client left, before or after the host accepted its connection.
    ClientLeft = "client-left",
    /// The host could not set an option of a connection, which works without it.
    SocketOptionFailed = "socket-option-failed",
    /// A TLS handshake failed: the client does not speak TLS, was too slow, or left. Repeated at most every 10 s for each
    /// socket.
    TlsHandshakeFailed = "tls-handshake-failed",
    /// So many TLS handshakes were under way on a socket that the oldest were ended. Repeated at most every 10 s.
    TlsHandshakesDisplaced = "tls-handshakes-displaced",
    /// A client has no certificate, or one that is not accepted. Repeated at most every 10 s for each socket.
    TlsClientRefused = "tls-client-refused",
    /// The host uses changed certificates, keys, or certificate authorities of a listener for new connections.
    CertificatesReloaded = "certificates-reloaded",
    /// Changed certificates, keys, or certificate authorities of a listener cannot be used. The host uses those from before.
    CertificatesReloadFailed = "certificates-reload-failed",
    /// A certificate of a listener has expired or is not valid yet. Clients refuse it.
    CertificateOutOfDate = "certificate-out-of-date",
    /// A connection failed, for example because the client broke the protocol.
    ConnectionFailed = "connection-failed",
    /// The host closed a connection that exceeded a timeout.
    ConnectionTimedOut = "connection-timed-out",
    /// A stop cut off a connection with responses in flight.
    ConnectionCut = "connection-cut",
    /// A `[clients.*]` client cannot connect to an address. The host tries again with the next calls, without another line.
    ClientUnreachable = "client-unreachable",
    /// A `[clients.*]` client can connect to the address again. `failures` is how many attempts have failed.
    ClientReachable = "client-reachable",
    /// A `[clients.*]` client makes no calls for a while, because so many in a row have failed.
    ClientBreakerOpened = "client-breaker-opened",
    /// A `[clients.*]` client makes calls again: one was tried, and it succeeded.
    ClientBreakerClosed = "client-breaker-closed",
    /// A connection of a `[clients.*]` client ended with an error.
    ClientConnectionEnded = "client-connection-ended",
    /// The name of a `[clients.*]` client has no address that may be used. The host keeps those from before.
    ClientLookupFailed = "client-lookup-failed",
    /// A `[clients.*]` client has an address that `allow` does not list. The host uses it only when it audits.
    ClientAddressRefused = "client-address-refused",
    /// Certificates of a `[clients.*]` client have changed and cannot be used. The host uses those from before.
    ClientFilesUnusable = "client-files-unusable",
    /// The host raised its limit of open files.
    DescriptorsRaised = "descriptors-raised",
    /// Reflection returns one of two files that define the same symbol.
    ReflectionAmbiguous = "reflection-ambiguous",
    /// The cache of compiled components cannot be used. Every start compiles.
    CacheUnavailable = "cache-unavailable",
    /// A compiled component came from the cache.
    CacheHit = "cache-hit",
    /// An entry of the cache cannot be used. The host compiles the component again.
    CacheEntryInvalid = "cache-entry-invalid",
    /// A compiled component cannot be kept in the cache.
    CacheWriteFailed = "cache-write-failed",
    /// A feature is enabled, but the service imports nothing that it provides.
    FeatureUnused = "feature-unused",
    /// A plug-in could not process a request or a call. `on_failure` decided about a request.
    FeatureFailed = "feature-failed",
    /// `http_auth` has read changed keys.
    KeysReloaded = "keys-reloaded",
    /// `http_auth` cannot read its keys again, and keeps those from before.
    KeysReloadFailed = "keys-reload-failed",
    /// `http_auth` cannot use some of its keys.
    KeysUnusable = "keys-unusable",
    /// A cronjob run starts.
    CronjobRunStarted = "cronjob-run-started",
    /// A cronjob run has ended well.
    CronjobRunCompleted = "cronjob-run-completed",
    /// A cronjob run failed.
    CronjobRunFailed = "cronjob-run-failed",
    /// A cronjob run is due and waits for the one that still runs.
    CronjobRunWaiting = "cronjob-run-waiting",
    /// A cronjob run is due while another one waits. The two become one.
    CronjobRunsMerged = "cronjob-runs-merged",
    /// A cronjob run was due while the last one still ran, and does not happen.
    CronjobRunSkipped = "cronjob-run-skipped",
    /// A cronjob run that waited does not happen, because the service stops.
    CronjobRunDropped = "cronjob-run-dropped",
    /// Cronjob runs were due while the machine was asleep or its clock was being set.
    CronjobRunsMissed = "cronjob-runs-missed",
    /// When the next cronjob run is due.
    CronjobRunScheduled = "cronjob-run-scheduled",
    /// The clock was set back, which delays cronjob runs or restarts the schedule.
    ClockSetBack = "clock-set-back",
    /// The output was too slow or had no reader. `lines` is the number of lines that are missing here.
    LogLinesLost = "log-lines-lost",
    /// A library of the host reports a problem. `log.target` is the library.
    LibraryMessage = "library-message",
    /// The host has a bug and panicked. Please report it.
    HostPanicked = "host-panicked",
}

/// The table of all events, for the documentation.
#[must_use]
pub fn events_table() -> String {
    let rows =
        Event::ALL.iter().map(|(event, meaning)| format!("| `{}` |{meaning} |\n", event.name()));
    std::iter::once("| event | meaning |\n|---|---|\n".to_owned()).chain(rows).collect()
}

#[cfg(test)]
mod tests {
    use super::Event;

    /// `ServiceRunning` as `service-running`.
    fn kebab_case(name: &str) -> String {
        let mut words = String::new();
        for (index, letter) in name.char_indices() {
            if index > 0 && letter.is_uppercase() {
                words.push('-');
            }
            words.extend(letter.to_lowercase());
        }
        words
    }

    #[test]
    fn every_event_is_called_the_same_in_the_code_and_in_the_log() {
        for (event, _) in Event::ALL {
            assert_eq!(event.name(), kebab_case(&format!("{event:?}")));
        }
    }
}
