# The emulator as an image. Two ways to build it:
#   docker build -t cycle-scheduler:local .   installs and compiles inside; takes Docker alone, and a network
#   npm run image                             takes both from this checkout; takes no network
# How to run it: docs/guides/in-docker.md
ARG BASE_IMAGE=node:24-slim

FROM ${BASE_IMAGE} AS build
LABEL io.cycle.emulator.stage=build
WORKDIR /app
COPY . .
# The second way brings `dist` and `node_modules` along.
RUN [ -d dist ] || { npm ci && npm prune --omit=dev && rm -r src contract-tests tsconfig*; } \
  && chmod +x dist/src/cli/main.js

FROM ${BASE_IMAGE}
# Version, revision and source come with a release: .github/workflows/release.yml.
LABEL org.opencontainers.image.title=cycle-scheduler \
      org.opencontainers.image.description="An emulator of the Cycle.io Scheduler API that runs function containers in Docker" \
      org.opencontainers.image.licenses=Apache-2.0
COPY --from=build /app /app
# So that `docker exec <container> cycle-scheduler …` works.
RUN ln -s /app/dist/src/cli/main.js /usr/local/bin/cycle-scheduler

# What a state file is kept in: a volume that is mounted here belongs to the user below.
RUN mkdir /state && chown 1000:1000 /state

# Stacks are mounted here, and named by paths relative to it.
WORKDIR /stack
# Loopback would be unreachable from outside this container. Containers may listen on port 80 without root.
ENV NODE_ENV=production \
    CYCLE_SCHEDULER_HOST=0.0.0.0 \
    CYCLE_SCHEDULER_PORT=80
# To use Docker's socket it needs the socket's group, whose number differs from machine to machine:
# docker run --group-add "$(stat -c %g /var/run/docker.sock)" …
USER 1000:1000
EXPOSE 80
HEALTHCHECK --interval=3s --timeout=5s --start-period=60s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.CYCLE_SCHEDULER_PORT}/_emulator/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["cycle-scheduler"]
CMD ["start"]
