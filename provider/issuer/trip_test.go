package issuer_test

import (
	"net/http"
	"net/url"
	"testing"

	"sallyport/provider/client"
)

// operations are what applications do most, ready to be repeated on an instance with one connection.
func (w *world) operations() map[string]func() {
	n := w.serve(1)
	w.service("svc", w.acme, client.Opaque)
	w.person(w.acme, "ann@acme.test")
	p := w.enrolled(w.acme, "bob@acme.test")
	got := w.obtain(w.browser(), newFlow("web"), p)
	get := func(path, access string) {
		r := must(http.NewRequest(http.MethodGet, n.server.URL+path, nil))
		r.Header.Set("Authorization", "Bearer "+access)
		if a := w.do(http.DefaultClient, r); a.status != http.StatusOK {
			w.t.Fatalf("%s: %d %s", path, a.status, a.body)
		}
	}
	token := func(client string, form url.Values) tokens {
		a := n.token(w, client, form)
		if a.status != http.StatusOK {
			w.t.Fatalf("%v: %+v", form, a)
		}
		return a
	}
	codes := func() url.Values { f := newFlow("web"); return f.redemption(w.browser().signIn(f, p)) }
	var ready []url.Values
	for range 8 {
		ready = append(ready, codes())
	}
	return map[string]func(){
		"discovery":          func() { get("/.well-known/openid-configuration", "") },
		"jwks":               func() { get("/jwks", "") },
		"userinfo":           func() { get("/userinfo", got.Access) },
		"introspection":      func() { n.direct(w, "/introspect", "web", url.Values{"token": {got.Access}}) },
		"client credentials": func() { token("svc", url.Values{"grant_type": {"client_credentials"}, "scope": {"api"}}) },
		"revocation": func() {
			n.direct(w, "/revoke", "web", url.Values{"token": {"spa." + got.Access[4:len(got.Access)-1] + "A"}})
		},
		"refresh": func() { got.Refresh = token("web", refreshing(got.Refresh)).Refresh },
		"code exchange": func() {
			form := ready[0]
			ready = ready[1:]
			token("web", form)
		},
	}
}

func TestRoundTripsArePinned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	operations := w.operations()
	store := w.instances[1].store
	for name, want := range map[string]int64{"discovery": 0, "jwks": 0, "userinfo": 1, "introspection": 1, "client credentials": 1, "revocation": 1, "refresh": 2, "code exchange": 2} {
		do := operations[name]
		do() // statements are prepared once per connection, clients and tenants read once per process
		do()
		before := store.RoundTrips()
		do()
		if got := store.RoundTrips() - before; got != want {
			t.Errorf("%s: %d round trips, want %d", name, got, want)
		}
	}
}

func BenchmarkEndpoints(b *testing.B) {
	w := newWorld(b, 1)
	operations := w.operations()
	for _, name := range []string{"discovery", "jwks", "userinfo", "introspection", "client credentials", "refresh"} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				operations[name]()
			}
		})
	}
}
