package oidcrp_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"time"

	"sallyport/provider/federation/federationtest"
	"sallyport/provider/federation/oidcrp"
)

func (w world) fetched(t *testing.T, documents, keys int) {
	t.Helper()
	if d, k := w.Hits(federationtest.Discovery), w.Hits(federationtest.Keys); d != documents || k != keys {
		t.Fatalf("the document was fetched %d times, the keys %d times, not %d and %d", d, k, documents, keys)
	}
}

func TestDocumentsAreFetchedOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	for range 5 {
		w.mustSignIn(t)
	}
	w.fetched(t, 1, 1)
	w.clock.turn(59 * time.Minute)
	w.mustSignIn(t)
	w.fetched(t, 1, 1)
	w.clock.turn(time.Minute)
	w.mustSignIn(t)
	w.fetched(t, 2, 2)
}

func TestCacheControlIsHeardWithinBounds(t *testing.T) {
	t.Parallel()
	for control, keep := range map[string]time.Duration{
		"max-age=7200": 2 * time.Hour, "public, Max-Age=7200, must-revalidate": 2 * time.Hour, "max-age=1": 5 * time.Minute,
		"max-age=-5": 5 * time.Minute, "no-store": 5 * time.Minute, "no-cache, max-age=7200": 5 * time.Minute, "max-age=999999999": 24 * time.Hour,
		"max-age=99999999999999999999": time.Hour, "max-age=soon": time.Hour, "": time.Hour, `max-age="7200"`: 2 * time.Hour,
	} {
		w := setup(t)
		w.Script(func(s *federationtest.Script) { s.CacheControl = control })
		w.mustSignIn(t)
		w.clock.turn(keep - time.Second)
		w.mustSignIn(t)
		w.fetched(t, 1, 1)
		w.clock.turn(time.Second)
		w.mustSignIn(t)
		w.fetched(t, 2, 2)
	}
}

func TestNewKeyIsFetchedAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.mustSignIn(t)
	old := w.CurrentKey()
	w.Rotate(t, "", nil, true)
	w.refuses(t, "key")
	w.fetched(t, 1, 1)
	w.clock.turn(time.Minute)
	w.mustSignIn(t)
	w.fetched(t, 1, 2)

	w.clock.turn(time.Minute)
	made := old
	made.KID = "made-up"
	w.Script(func(s *federationtest.Script) { s.Signing = made })
	for range 10 {
		w.refuses(t, "key")
	}
	w.fetched(t, 1, 3)
	w.Script(func(s *federationtest.Script) { s.Signing = old })
	w.mustSignIn(t)
	w.fetched(t, 1, 3)
}

func TestKeyThatWasTakenBackIsForgotten(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.mustSignIn(t)
	stolen := w.CurrentKey()
	w.Rotate(t, "", nil, false)
	w.clock.turn(time.Minute)
	w.mustSignIn(t)
	w.Script(func(s *federationtest.Script) { s.Signing = stolen })
	w.refuses(t, "key")
}

func TestStaleDocumentsAreServedForADay(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.mustSignIn(t)
	down := federationtest.Status(503, "")
	w.Script(func(s *federationtest.Script) {
		s.Answer = map[federationtest.Endpoint]http.HandlerFunc{federationtest.Discovery: down, federationtest.Keys: down}
	})
	w.clock.turn(2 * time.Hour)
	for range 5 {
		w.mustSignIn(t)
	}
	w.fetched(t, 2, 2)
	w.clock.turn(time.Minute)
	w.mustSignIn(t)
	w.fetched(t, 3, 3)
	w.clock.turn(23 * time.Hour)
	if _, err := w.client.Metadata(t.Context(), w.relying); !errors.Is(err, oidcrp.ErrProvider) {
		t.Fatal(err)
	}
	w.Honest()
	w.mustSignIn(t)
}

// A hostile document does not replace an honest one.
func TestBadDocumentDoesNotReplaceAGoodOneG13(t *testing.T) {
	t.Parallel()
	w := setup(t)
	w.mustSignIn(t)
	w.clock.turn(2 * time.Hour)
	w.Script(func(s *federationtest.Script) {
		s.Discovery = func(d map[string]any) { d["issuer"] = "https://evil.example" }
	})
	w.mustSignIn(t)
	w.fetched(t, 2, 2)
}

func TestManyWaitForOneFetch(t *testing.T) {
	t.Parallel()
	w := setup(t)
	const many = 30
	arrived, open := make(chan struct{}, many), make(chan struct{})
	document, err := w.client.Metadata(t.Context(), w.relying)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.turn(100 * time.Hour)
	w.Script(func(s *federationtest.Script) {
		s.Answer = map[federationtest.Endpoint]http.HandlerFunc{federationtest.Discovery: func(rw http.ResponseWriter, r *http.Request) {
			<-open
			federationtest.Status(200, `{"issuer":"`+w.URL+`","authorization_endpoint":"`+document.AuthorizationEndpoint+`","token_endpoint":"`+
				document.TokenEndpoint+`","jwks_uri":"`+document.JWKSURI+`","id_token_signing_alg_values_supported":["ES256"]}`)(rw, r)
		}}
	})
	var group sync.WaitGroup
	for range many {
		group.Go(func() {
			arrived <- struct{}{}
			if _, err := w.client.Metadata(t.Context(), w.relying); err != nil {
				t.Error(err)
			}
		})
	}
	for range many {
		<-arrived
	}
	close(open)
	group.Wait()
	w.fetched(t, 2, 0)
}

func TestManySignInsAtOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	answers := make([]oidcrp.Answer, 20)
	for i := range answers {
		answers[i] = answer(ask(), w.travel(t, ask()))
	}
	var group sync.WaitGroup
	for _, a := range answers {
		group.Go(func() {
			if token, err := w.client.Redeem(t.Context(), w.relying, a); err != nil || token.Subject != "alice" {
				t.Errorf("got %v, %v", token, err)
			}
		})
	}
	group.Wait()
	w.fetched(t, 1, 1)
}

// The first of those who wait goes away; what it asked for is still fetched for the others.
func TestGivingUpHurtsNobodyElse(t *testing.T) {
	t.Parallel()
	w := setup(t)
	asked, open := make(chan struct{}, 1), make(chan struct{})
	w.Script(func(s *federationtest.Script) {
		s.Discovery = func(map[string]any) { asked <- struct{}{}; <-open }
	})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error)
	go func() {
		_, err := w.client.Metadata(ctx, w.relying)
		gone <- err
	}()
	<-asked
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) || !errors.Is(err, oidcrp.ErrProvider) {
		t.Fatal(err)
	}
	close(open)
	if _, err := w.client.Metadata(t.Context(), w.relying); err != nil {
		t.Fatal(err)
	}
	w.fetched(t, 1, 0)
}
