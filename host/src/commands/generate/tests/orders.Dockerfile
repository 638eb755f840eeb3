# syntax=docker/dockerfile:1
#
# Needs `mikros-host`, `service.toml`, `orders.wasm`, `plug ins/audit.wasm` in the directory of the build:
#   docker build --tag orders:v1.2.0-a .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges \
#     --stop-timeout 40 orders:v1.2.0-a

# Take an image whose C library is that of the system on which the host was built, or newer.
FROM debian:stable-slim AS prepared
RUN apt-get update && apt-get install --yes --no-install-recommends ca-certificates
COPY mikros-host /usr/local/bin/
COPY service.toml /srv/
COPY orders.wasm /build/orders.wasm
COPY ["plug ins/audit.wasm","/srv/plug ins/audit.wasm"]
ENV MIKROS_HOST_CACHE=/var/cache/mikros-host
# Compiles for the kind of processor on which the image is built.
# The values of the variables count for this command only.
RUN mkdir -m 755 /var/cache/mikros-host && API_TOKEN=unused-while-the-image-is-built DATABASE_URL=unused-while-the-image-is-built mikros-host inspect /srv/service.toml >/dev/null

FROM debian:stable-slim
COPY --from=prepared /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=prepared /usr/local/bin/mikros-host /usr/local/bin/mikros-host
COPY --from=prepared /srv/service.toml /srv/service.toml
COPY --from=prepared /build/orders.wasm /build/orders.wasm
COPY --from=prepared ["/srv/plug ins/audit.wasm","/srv/plug ins/audit.wasm"]
COPY --from=prepared /var/cache/mikros-host /var/cache/mikros-host
ENV MIKROS_HOST_CACHE=/var/cache/mikros-host
EXPOSE 80
EXPOSE 7070
USER 65532:65532
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["bash","-c","exec 3<>/dev/tcp/localhost/80 && printf '%s\\r\\n' 'GET /it%27s HTTP/1.1' 'Host: localhost' 'Connection: close' '' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["mikros-host", "run", "/srv/service.toml"]
