// A real OpenID provider for tests: npm's oidc-provider on a free port of this machine, with its own pages for signing
// in. It prints its issuer as one line. Whom it knows is told it by PUT /people: {subject: {claims}}.
import { createServer } from "node:http";
import { json } from "node:stream/consumers";
import Provider from "oidc-provider";

const people = new Map();
const back = process.argv[2];

function configuration() {
  return {
    clients: [
      { client_id: "golive", client_secret: "a-secret-of-tests", redirect_uris: [back] },
      {
        client_id: "golive-public",
        redirect_uris: [back],
        token_endpoint_auth_method: "none",
      },
    ],
    claims: {
      openid: ["sub"],
      profile: ["preferred_username", "groups"],
      email: ["email", "email_verified"],
    },
    conformIdTokenClaims: process.argv[3] !== "in-the-id-token",
    cookies: { keys: ["a-key-of-tests"] },
    findAccount: (_, id) =>
      people.has(id) && { accountId: id, claims: () => ({ sub: id, ...people.get(id) }) },
  };
}

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const answer = new Provider(issuer, configuration()).callback();
  server.on("request", async (request, response) => {
    if (request.url !== "/people") {
      answer(request, response);
      return;
    }
    for (const [id, claims] of Object.entries(await json(request))) people.set(id, claims);
    response.end("{}");
  });
  console.log(issuer);
});
