// Package outbound is the one way out to addresses that a tenant can set: a provider's discovery document, keys, token
// endpoint, logos, webhooks. Such an address is a wish of somebody whom we do not trust with our network, so the client
// dials public addresses and nothing else, speaks https and follows nobody (gauntlet I02).
//
// It does not know what is fetched nor why; package oidcrp and whoever else talks to addresses from a tenant's settings calls it.
// Addresses that only the operator sets (mail, the database) do not come through here.
//
// No dependency beyond the standard library: net.Dialer asks before each connection whether the address may be dialled, which
// is the one place that no spelling of an address and no second DNS answer gets past.
package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// ErrRefused says that an address could not be reached, never why: forbidden, unknown, slow, redirecting and too large
// look the same to whoever set the address. The reason is behind errors.Unwrap, for the log.
var ErrRefused = errors.New("could not be reached")

const (
	defaultTimeout = 10 * time.Second
	defaultMaxBody = 1 << 20
	maxHeader      = 64 << 10
	maxIdle        = 64
	idleFor        = 30 * time.Second
)

// Config is what the operator decides; the zero value is the strictest.
type Config struct {
	// Allow are networks that may be dialled although they are not public, and the only ones spoken to without TLS.
	Allow []netip.Prefix
	// Timeout bounds a whole exchange, from the name to the last byte; 0 is ten seconds.
	Timeout time.Duration
	// MaxBody bounds an answer, in bytes; 0 is 1 MiB.
	MaxBody int64
	// Resolver resolves names; nil is the system's.
	Resolver *net.Resolver
	// Roots are the authorities believed; nil are the system's.
	Roots *x509.CertPool
}

// Response is an answer, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   []byte
}

// Client fetches from addresses that a tenant set; it is safe for concurrent use.
type Client struct {
	trip trip
	http *http.Client
}

// New returns a client that keeps to c.
func New(c Config) *Client {
	t := trip{timeout: c.Timeout, max: c.MaxBody, secure: transport(c, guard{allow: c.Allow, public: true}), plain: transport(c, guard{allow: c.Allow})}
	if t.timeout == 0 {
		t.timeout = defaultTimeout
	}
	if t.max == 0 {
		t.max = defaultMaxBody
	}
	return &Client{trip: t, http: &http.Client{Transport: t}}
}

// transport asks g before each connection. A proxy from the environment would dial in our place, unasked.
func transport(c Config, g guard) *http.Transport {
	d := net.Dialer{Resolver: c.Resolver, ControlContext: g.control}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            d.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: c.Roots, MinVersion: tls.VersionTLS12},
		MaxIdleConns:           maxIdle,
		IdleConnTimeout:        idleFor,
		MaxResponseHeaderBytes: maxHeader,
		DisableCompression:     true,
	}
}

// Do sends req and reads the whole answer. Every failure is ErrRefused; an answer with any status but a redirect is none.
func (c *Client) Do(req *http.Request) (*Response, error) {
	res, err := c.trip.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &Response{Status: res.StatusCode, Header: res.Header, Body: body}, nil
}

// Get fetches address, as Do does.
func (c *Client) Get(ctx context.Context, address string) (*Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, refuse(fmt.Errorf("read the address: %w", err))
	}
	return c.Do(req)
}

// HTTP returns a client for libraries that want one; the same rules hold, and a body that grows too large fails to be read.
func (c *Client) HTTP() *http.Client { return c.http }

// refusal hides its cause from whoever prints it.
type refusal struct{ cause error }

func refuse(cause error) error { return refusal{cause} }

func (refusal) Error() string        { return ErrRefused.Error() }
func (refusal) Is(target error) bool { return target == ErrRefused }
func (r refusal) Unwrap() error      { return r.cause }
