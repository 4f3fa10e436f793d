package issuer

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"sallyport/mfa"
	"sallyport/provider/web"
	"sallyport/storage/id"
	"sallyport/templates"
)

// departure is a provider to sign out of as well, and what people call it.
type departure struct{ name, address string }

// upstream is where a session came from that ends there too, if its connection says so and the provider can
// (OpenID Connect RP-Initiated Logout 2). Not knowing keeps nobody from signing out here.
func (i *Issuer) upstream(ctx context.Context, t id.Tenant, proofs []byte) departure {
	var all []mfa.Proof
	if json.Unmarshal(proofs, &all) != nil {
		return departure{}
	}
	for _, p := range all {
		if p.Kind != mfa.Federated {
			continue
		}
		c, err := i.Connections.Find(ctx, t, p.Upstream.Connection)
		if err != nil || !c.Settings.SignOut {
			continue
		}
		rely, err := i.Connections.Relying(ctx, c)
		if err != nil {
			continue
		}
		if m, err := i.Upstreams.Metadata(ctx, rely); err == nil && m.EndSessionEndpoint != "" {
			return departure{c.Name, appended(m.EndSessionEndpoint, url.Values{"client_id": {c.Settings.ClientID}, "post_logout_redirect_uri": {i.name + "/end_session/done"}})}
		}
	}
	return departure{}
}

// leavingCookie remembers where the browser goes when it comes back: no address that anybody can write decides it.
const leavingCookie, leavingLife = "leaving", 10 * time.Minute

func (i *Issuer) depart(w http.ResponseWriter, r *http.Request, d departure, to string) error {
	if err := i.Edge.Cookies.Set(w, r, leavingCookie, to, leavingLife); err != nil {
		return err
	}
	return web.Render(w, r, http.StatusOK, templates.Leaving{Label: d.name, Address: d.address})
}

// back is where the provider sends the browser afterwards.
func (i *Issuer) back(w http.ResponseWriter, r *http.Request) error {
	if err := noHead(w, r); err != nil {
		return err
	}
	to := i.Edge.Cookies.Get(r, leavingCookie)
	i.Edge.Cookies.Clear(w, r, leavingCookie)
	return sent(w, r, to)
}
