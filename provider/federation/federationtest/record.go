package federationtest

import (
	"maps"
	"net/url"
	"slices"
)

// record is what the provider saw.
type record struct {
	hits      map[Endpoint]int
	asked     []url.Values
	exchanges []Exchange
	ended     []url.Values
}

// Exchange is a use of the token or the PAR endpoint that proved who the client is.
type Exchange struct {
	Endpoint Endpoint
	// Method is how the client proved it: client_secret_basic, client_secret_post or private_key_jwt.
	Method string
	// Form is what was posted; Assertion are the claims of the client's assertion.
	Form      url.Values
	Assertion map[string]any
}

// Hits returns how often an endpoint was asked, whatever it answered.
func (p *Provider) Hits(e Endpoint) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.seen.hits[e]
}

// Asked returns the parameters of all authorization requests, oldest first; pushed ones as they were pushed.
func (p *Provider) Asked() []url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen.asked)
}

// Exchanges returns all authenticated requests of the client, oldest first.
func (p *Provider) Exchanges() []Exchange {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen.exchanges)
}

// Ended returns the parameters of all requests to end a session, oldest first.
func (p *Provider) Ended() []url.Values {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen.ended)
}

func (p *Provider) note(change func(*record)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.seen)
}

// over puts the claims of lies over those of truth; nil takes away.
func over(truth, lies map[string]any) map[string]any {
	maps.Copy(truth, lies)
	maps.DeleteFunc(truth, func(_ string, v any) bool { return v == nil })
	return truth
}
