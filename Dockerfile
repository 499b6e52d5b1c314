# What is installed changes seldom and comes first, so that a change of the source installs nothing again.
FROM node:24-slim AS installed
WORKDIR /app
COPY package.json package-lock.json ./
# Without scripts: `prepare` would build, and the source is not here yet.
RUN npm ci --ignore-scripts

# What only building needs stays behind, and so does the embedded PostgreSQL.
FROM installed AS production
RUN npm prune --omit=dev --omit=optional --ignore-scripts

FROM installed AS built
COPY tsconfig.json tsconfig.build.json ./
COPY jobs ./jobs
COPY scripts ./scripts
COPY src ./src
RUN npm run build && chmod 755 dist/src/cli/main.js && mkdir bin && ln -s ../dist/src/cli/main.js bin/catalog-mirror

FROM node:24-slim
# A settings file is read here: /app/catalog-mirror.config.json.
WORKDIR /app
ENV NODE_ENV=production \
    PATH=/app/bin:$PATH \
    MIRROR_HEARTBEAT_PATH=/tmp/heartbeat
COPY --from=production /app/node_modules ./node_modules
COPY package.json ./
COPY data ./data
COPY drizzle ./drizzle
COPY --from=built /app/bin ./bin
COPY --from=built /app/dist ./dist
USER node
# A worker writes that file every ten seconds while it takes jobs and its servers answer. That it did so within the last
# minute costs no start of node and no connection to find out.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
  CMD find "$MIRROR_HEARTBEAT_PATH" -mmin -1 | grep .
ENTRYPOINT ["catalog-mirror"]
CMD ["worker"]
