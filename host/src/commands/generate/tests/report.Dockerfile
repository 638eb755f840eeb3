# syntax=docker/dockerfile:1
#
# Needs `mikros-host`, `service.toml`, `report.wasm` in the directory of the build:
#   docker build --tag report:v1 .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     --stop-timeout 35 report:v1

# Take an image whose C library is that of the system on which the host was built, or newer.
FROM debian:stable-slim AS prepared
COPY mikros-host /usr/local/bin/
COPY service.toml /srv/
COPY report.wasm /srv/report.wasm
ENV MIKROS_HOST_CACHE=/var/cache/mikros-host
# Compiles for the kind of processor on which the image is built.
RUN mkdir -m 755 /var/cache/mikros-host && mikros-host check /srv/service.toml

FROM debian:stable-slim
COPY --from=prepared /usr/local/bin/mikros-host /usr/local/bin/mikros-host
COPY --from=prepared /srv/service.toml /srv/service.toml
COPY --from=prepared /srv/report.wasm /srv/report.wasm
COPY --from=prepared /var/cache/mikros-host /var/cache/mikros-host
ENV MIKROS_HOST_CACHE=/var/cache/mikros-host
USER 65532:65532
STOPSIGNAL SIGTERM
ENTRYPOINT ["mikros-host", "run", "/srv/service.toml"]
