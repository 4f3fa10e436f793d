package provider_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestPagesOfTheFlowCostAtMostThreeRoundTrips pins the budget of design/performance.md.
func TestPagesOfTheFlowCostAtMostThreeRoundTrips(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	store := w.stores[0]
	cost := map[string]int64{}
	b := w.browser()
	for round := range 12 { // statements are prepared once per connection; the least is the steady state
		p := w.enrolled(w.acme, "p"+string(rune('a'+round))+"@acme.test")
		measure := func(name string, act func()) {
			before := store.RoundTrips()
			act()
			spent := store.RoundTrips() - before
			if old, ok := cost[name]; !ok || spent < old {
				cost[name] = spent
			}
		}
		// A page costs what its own request costs: redirects are requests of their own.
		b = w.browser()
		b.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		_, q := newFlow(w.web, "tenant", "acme")
		measure("GET authorize", func() { b.get("/authorize?" + q.Encode()) })
		b.get(follow(t, b))
		path := follow(t, b)
		measure("GET identify", func() { b.get(path) })
		measure("POST identify", func() { b.submit("email", p.email) })
		derive := follow(t, b)
		measure("GET derive", func() { b.get(derive) })
		path = follow(t, b)
		measure("GET password", func() { b.get(path) })
		measure("POST wrong password", func() { b.submit("password", "wrong password") })
		measure("POST password", func() { b.submit("password", password) })
		b.get(derive)
		path = follow(t, b)
		measure("GET second-factor", func() { b.get(path) })
		measure("POST wrong code", func() { b.submit("code", wrong(w, p, 1)) })
		measure("POST code", func() { b.submit("code", p.totp(w, 0)) })
		b.get(derive)
		path = follow(t, b)
		measure("GET consent", func() { b.get(path) })
		measure("POST consent", func() { b.submit("decision", "allow") })
		b.get(derive)
		callback := follow(t, b)
		measure("GET callback", func() { b.get(callback) })
		if b.left == nil || b.left.Query().Get("code") == "" {
			t.Fatalf("no code: %d %s", b.status, b.body)
		}
	}
	for name, trips := range cost {
		if trips > 3 {
			t.Errorf("%s: %d round trips, want at most 3", name, trips)
		}
	}
	t.Log(cost)
}

func follow(t testing.TB, b *browser) string {
	t.Helper()
	location := b.header.Get("Location")
	if location == "" {
		t.Fatalf("no redirect from %s (%d)\n%s", b.at, b.status, b.alert())
	}
	return strings.TrimPrefix(location, b.w.issuer.String())
}

// BenchmarkSecondFactorPage is the page most often waited for.
func BenchmarkSecondFactorPage(b *testing.B) {
	w := newWorld(b, 1)
	p := w.enrolled(w.acme, "p@acme.test")
	c := w.browser()
	c.toSecond(w.web, p)
	benchmark(b, w, c, http.MethodGet, c.at.Path, nil)
}

// BenchmarkWrongCode is a verification that fails: load, try, match, record.
func BenchmarkWrongCode(b *testing.B) {
	w := newWorld(b, 1)
	p := w.enrolled(w.acme, "p@acme.test")
	c := w.browser()
	c.toSecond(w.web, p)
	benchmark(b, w, c, http.MethodPost, c.at.Path, url.Values{"code": {wrong(w, p, 1)}})
}

func benchmark(b *testing.B, w *world, c *browser, method, path string, form url.Values) {
	b.Helper()
	b.ReportAllocs()
	before := w.stores[0].RoundTrips()
	for b.Loop() {
		r := httptest.NewRequestWithContext(context.Background(), method, w.issuer.String()+path, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		for _, k := range c.client.Jar.Cookies(w.issuer) {
			r.AddCookie(k)
		}
		answer := httptest.NewRecorder()
		w.provider.ServeHTTP(answer, r)
		if answer.Code >= 500 {
			b.Fatal(answer.Code)
		}
	}
	b.ReportMetric(float64(w.stores[0].RoundTrips()-before)/float64(b.N), "trips/op")
}
