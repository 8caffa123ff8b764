// PostGraphile with its own preset, in two processes; the token becomes PostgreSQL's settings, and row
// security filters, as its documentation advises.
import cluster from "node:cluster";
import { createServer } from "node:http";

import jwt from "jsonwebtoken";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const { JWT_SECRET, PGHOST, PGPORT, PGUSER, PGDATABASE, PORT } = process.env;

if (cluster.isPrimary) {
  cluster.fork();
  cluster.fork();
  process.on("SIGTERM", () => process.exit());
} else {
  const connection = `postgresql://${PGUSER}@/${PGDATABASE}?host=${encodeURIComponent(PGHOST)}&port=${PGPORT}`;
  const preset = {
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ connectionString: connection, schemas: ["public"], poolConfig: { max: 8 } })],
    grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
    grafast: {
      context({ node }) {
        const bearer = node.req.headers.authorization?.replace(/^Bearer /, "") ?? "";
        const { sub } = jwt.verify(bearer, JWT_SECRET, { algorithms: ["HS256"], audience: "authenticated" });
        return { pgSettings: { role: "authenticated", "app.current_user_id": sub } };
      },
    },
  };
  const server = createServer();
  const instance = postgraphile(preset).createServ(grafserv);
  await instance.addTo(server);
  server.listen(Number(PORT), "127.0.0.1");
}
