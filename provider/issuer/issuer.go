// Package issuer is the OpenID side of Sallyport: what applications talk to.
//
// It owns the protocol endpoints (authorization, its callback, token, userinfo, introspection, revocation,
// sign-out, keys, discovery), the form of ID and access tokens, and the signing keys. It asks nobody for a
// password: /authorize begins an attempt and sends the browser to /signin. It issues nothing by itself:
// provider/gate does, and this package turns the outcome into the words of the protocol. provider mounts
// its routes and tells it of changed tables; the command line calls RotateKeys.
//
// Dependencies, weighed:
//   - zitadel/oidc's op (this package is its only importer): the dispatch of token, introspection and
//     revocation requests and their types. Its stock grants skip PKCE and its error redirects lack iss, so the
//     rest is ours; what reaches it has passed protocol.go.
//   - go-jose/v4: signatures and JWKs, the library that the field has reviewed most; one algorithm per key.
package issuer

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"sallyport/provider/client"
	"sallyport/provider/federation"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/gate"
	"sallyport/provider/session"
	"sallyport/provider/tenant"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/audit"
	"sallyport/storage/seal"
)

// Config is what an Issuer stands on; every field is required.
type Config struct {
	// PublicURL is the issuer: an origin without a path (OpenID Connect Discovery 4.3).
	PublicURL *url.URL
	Store     *storage.Store
	Seal      *seal.Sealer
	Gate      *gate.Gate
	Clients   *client.Registry
	Tenants   *tenant.Directory
	// Connections are the upstream providers of tenants, Upstreams how to talk to them.
	Connections *federation.Directory
	Upstreams   *oidcrp.Client
	Edge        *web.Edge
	Now         func() time.Time
	// IDTokenLife and AttemptLife are how long an ID token and a sign-in in progress are valid.
	IDTokenLife, AttemptLife time.Duration
}

// Issuer answers applications. It is safe for concurrent use.
type Issuer struct {
	Config
	name      string
	keys      *keyring
	discovery document
	server    http.Handler
}

// New makes the signing keys that are missing and reads those that are there. Errors are of storage, or wrap
// seal.ErrOpen when the keyset is not the one that the keys were sealed with.
func New(ctx context.Context, c Config) (*Issuer, error) {
	i := &Issuer{Config: c, name: strings.TrimSuffix(c.PublicURL.String(), "/")}
	if err := makeKeys(ctx, c.Store, c.Seal, c.Now()); err != nil {
		return nil, fmt.Errorf("make signing keys: %w", err)
	}
	i.keys = &keyring{store: c.Store, seal: c.Seal, now: c.Now}
	if err := i.keys.load(ctx); err != nil {
		return nil, fmt.Errorf("load signing keys: %w", err)
	}
	i.discovery = newDocument(metadataOf(i.name))
	i.server = dispatch(i)
	return i, nil
}

// Changed reads the signing keys again when that table changed; "" means that any may have.
func (i *Issuer) Changed(table string) {
	if table == "" || table == "signing_keys" {
		i.keys.changed()
	}
}

// Routes are the rows of the route table.
func (i *Issuer) Routes() []web.Route {
	get, post := []string{http.MethodGet}, []string{http.MethodPost}
	both := []string{http.MethodGet, http.MethodPost}
	return []web.Route{
		{Methods: get, Path: "/.well-known/openid-configuration", Access: web.Public, CORS: true, Handler: i.discovery.serve},
		{Methods: get, Path: "/.well-known/oauth-authorization-server", Access: web.Public, CORS: true, Handler: i.discovery.serve},
		{Methods: get, Path: "/jwks", Access: web.Public, CORS: true, Handler: i.jwks},
		{Methods: both, Path: "/authorize", Access: web.Front, Handler: i.authorize},
		{Methods: get, Path: "/authorize/callback", Access: web.Attempt, Handler: i.callback},
		{Methods: post, Path: "/token", Access: web.Protocol, CORS: true, Handler: i.protocol},
		{Methods: post, Path: "/introspect", Access: web.Protocol, Handler: i.protocol},
		{Methods: post, Path: "/revoke", Access: web.Protocol, CORS: true, Handler: i.protocol},
		{Methods: both, Path: "/userinfo", Access: web.Protocol, CORS: true, Handler: i.userinfo},
		{Methods: both, Path: "/end_session", Access: web.Front, Handler: i.endSession},
		{Methods: post, Path: "/end_session/confirm", Access: web.Public, Handler: i.confirmEnd},
		{Methods: get, Path: "/end_session/done", Access: web.Front, Handler: i.back},
	}
}

func (i *Issuer) origin(r *http.Request) audit.Origin {
	return audit.Origin{RequestID: web.RequestID(r.Context()), Address: i.Edge.ClientAddr(r)}
}

func (i *Issuer) sessions(r *http.Request) []session.Reference {
	return session.References(i.Edge.Cookies.Get(r, session.Cookie))
}
