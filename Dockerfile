FROM node:24-slim AS build
WORKDIR /app
COPY . .
# npm ci builds through the script `prepare`; what only building needs, and the embedded PostgreSQL, stay behind.
RUN npm ci && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/drizzle ./drizzle
COPY --from=build /app/data ./data
USER node
# Whether this container reaches the database and the queue; that its worker lives, the container itself shows.
HEALTHCHECK --interval=30s --timeout=15s --start-period=20s --retries=3 \
  CMD ["node", "dist/src/cli/main.js", "schedule", "list", "--json"]
ENTRYPOINT ["node", "dist/src/cli/main.js"]
CMD ["worker"]
