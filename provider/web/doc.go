// Package web is the HTTP edge: everything that holds for every request, whatever it asks for.
//
// It owns the route table (Route, Mount), the middleware and its order (Edge.Handler), the translation of
// errors to responses (errors.go, one table), the security headers and the content security policy, cookies,
// form parsing, return-to paths, the client's address, the request event, health and the listening server.
// It does not own a page, a rule of the sign-in, a session or a tenant, and it decides nothing about who
// somebody is: Access says what a route needs, the package that owns the route proves it.
//
// Callers: provider/signin, provider/issuer, provider/account and provider/admin hand routes to Mount and
// return errors; provider puts Handler around the router; cmd calls Serve.
//
// Dependencies, weighed:
//   - gorilla/mux: patterns with typed variables on one router; path cleaning is off, so that no redirect is
//     ever computed from a request target (gauntlet I06).
//   - gorilla/sessions (on securecookie): AES-CTR, then HMAC-SHA256 over name, time and value, with key rotation;
//     only its CookieStore as a codec, without its registry. Its clock is switched off: rows on the server
//     decide expiry, and a second clock could only disagree. Values are opaque handles, so confidentiality is
//     a second wall and not the only one.
//   - jackc/pgx's pgconn: only its error types, to tell a database that is down from a defect.
//   - x/text/language: the tags templates speak.
//   - sallyport/templates, static, storage: pages, assets, and the three sentinels of the database.
package web
