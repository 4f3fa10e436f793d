// Package provider is the whole OpenID provider as one http.Handler.
//
// It wires the edge packages together, mounts their rows of the one route table and guards those that
// need a session. It decides nothing else. Only cmd imports it.
package provider

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/gorilla/mux"

	"sallyport/provider/account"
	"sallyport/provider/admin/console"
	"sallyport/provider/client"
	"sallyport/provider/domain"
	"sallyport/provider/federation"
	"sallyport/provider/federation/oidcrp"
	"sallyport/provider/gate"
	"sallyport/provider/issuer"
	"sallyport/provider/notify"
	"sallyport/provider/outbound"
	"sallyport/provider/signin"
	"sallyport/provider/tenant"
	"sallyport/provider/user"
	"sallyport/provider/web"
	"sallyport/storage"
	"sallyport/storage/seal"
)

// Config is what a provider stands on. TrustedProxies may be empty, MaxBody 0 takes the edge's default.
type Config struct {
	PublicURL      *url.URL
	Store          *storage.Store
	Seal           *seal.Sealer
	Log            *slog.Logger
	Now            func() time.Time
	TrustedProxies []netip.Prefix
	MaxBody        int64
	Hasher         *user.Hasher
	Lives          gate.Lives
	IDTokenLife    time.Duration
	AttemptLife    time.Duration
	// Texts says that text messages can be sent.
	Texts bool
	// Outbound is the one client for addresses that tenants set, Domains looks at those that they say are theirs.
	Outbound *outbound.Client
	Domains  domain.Checker
}

// Provider serves every route.
type Provider struct {
	http.Handler
	edge    *web.Edge
	issuer  *issuer.Issuer
	clients *client.Registry
	tenants *tenant.Directory

	connections *federation.Directory
	upstreams   *oidcrp.Client
}

// New wires a provider. It makes signing keys where there are none; errors are of storage and seal.
func New(ctx context.Context, c Config) (*Provider, error) {
	keys, err := cookieKeys(c.Seal)
	if err != nil {
		return nil, err
	}
	p := &Provider{clients: &client.Registry{Store: c.Store}, tenants: &tenant.Directory{Store: c.Store},
		connections: &federation.Directory{Store: c.Store, Seal: c.Seal}, upstreams: oidcrp.New(c.Outbound, c.Now)}
	p.edge = web.New(web.Config{PublicURL: c.PublicURL, Log: c.Log, Now: c.Now, TrustedProxies: c.TrustedProxies,
		MaxBody: c.MaxBody, CookieKeys: keys})
	g := &gate.Gate{Store: c.Store, Now: c.Now, Lives: c.Lives}
	if p.issuer, err = issuer.New(ctx, issuer.Config{PublicURL: c.PublicURL, Store: c.Store, Seal: c.Seal, Gate: g, Clients: p.clients,
		Tenants: p.tenants, Connections: p.connections, Upstreams: p.upstreams, Edge: p.edge, Now: c.Now, IDTokenLife: c.IDTokenLife, AttemptLife: c.AttemptLife}); err != nil {
		return nil, fmt.Errorf("open issuer: %w", err)
	}
	flow, err := p.flow(c, g)
	if err != nil {
		return nil, err
	}
	p.mount(c, flow)
	return p, nil
}

func (p *Provider) mount(c Config, flow *signin.SignIn) {
	guard := &guard{store: c.Store, edge: p.edge, now: c.Now, attemptLife: c.AttemptLife}
	router := mux.NewRouter()
	for _, routes := range [][]web.Route{
		web.Health(c.Store.Ping), web.Assets(), p.issuer.Routes(), flow.Routes(),
		account.New(account.Config{Store: c.Store, Edge: p.edge, Now: c.Now, AttemptLife: c.AttemptLife, Hasher: c.Hasher,
			Outbox: notify.Outbox{Seal: c.Seal, PublicURL: c.PublicURL}, Connections: p.connections}).Routes(),
		console.New(console.Config{Store: c.Store, Edge: p.edge, Now: c.Now, Seal: c.Seal, PublicURL: c.PublicURL, Connections: p.connections,
			Domains: c.Domains, Pepper: flow.Access, AttemptLife: c.AttemptLife}).Routes(),
	} {
		p.edge.Mount(router, guard.all(routes))
	}
	p.Handler = p.edge.Handler(router)
}

// Routes is the route table, for the test that walks it.
func (p *Provider) Routes() []web.Route { return p.edge.Routes() }

// Changed forgets what is kept in memory of a table of configuration; "" means of all of them.
func (p *Provider) Changed(table string) {
	p.issuer.Changed(table)
	if table == "" || table == "clients" {
		p.clients.Changed()
	}
	if table == "" || table == "tenants" {
		p.tenants.Changed()
	}
	if table == "" || table == "tenants" || table == "connections" || table == "domains" {
		p.connections.Changed()
	}
}

// cookieKeys derives the keys of cookies, the same on every instance.
func cookieKeys(s *seal.Sealer) ([][]byte, error) {
	hash, err := s.Derive("cookie authentication", 64)
	if err != nil {
		return nil, err
	}
	block, err := s.Derive("cookie encryption", 32)
	if err != nil {
		return nil, err
	}
	return [][]byte{hash, block}, nil
}
