package provider_test

import (
	"testing"
	"time"
)

// BenchmarkSignIn is a whole sign-in with password and code, from /authorize to the tokens, over HTTP; its
// password hash is a cheap one.
func BenchmarkSignIn(b *testing.B) {
	w := newWorld(b, 1)
	p := w.enrolled(w.acme, "p@acme.test")
	w.browser().signIn(w.web, p)
	b.ReportAllocs()
	before := w.stores[0].RoundTrips()
	for b.Loop() {
		w.clock.Advance(31 * time.Second) // a code works once
		w.browser().signIn(w.web, p)
	}
	b.ReportMetric(float64(w.stores[0].RoundTrips()-before)/float64(b.N), "trips/op")
}
