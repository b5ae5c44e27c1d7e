# An image with the program alone: about 30 MB. compose.yaml shows how to run it.
FROM rust:1-bookworm AS build
RUN apt-get update && apt-get install --yes --no-install-recommends musl-tools && rm -rf /var/lib/apt/lists/*
RUN rustup target add "$(uname -m)-unknown-linux-musl"
WORKDIR /src
COPY . .
RUN cargo build --release --locked --features cloud --target "$(uname -m)-unknown-linux-musl" --target-dir /target
RUN install -D "/target/$(uname -m)-unknown-linux-musl/release/tidings" /out/tidings

FROM alpine:3
COPY --from=build /out/tidings /usr/local/bin/tidings
USER nobody
WORKDIR /site
EXPOSE 8080 8081
# The image serves a site that is mounted at /site; compose.yaml has a health check.
ENTRYPOINT ["tidings"]
CMD ["serve", "--listen", "*:8080"]
