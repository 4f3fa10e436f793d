package issuer_test

import (
	"net/http"
	"testing"
	"time"

	"sallyport/storage/audit"
)

func TestE06OfFiftyRefreshesAtMostOneSucceeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 2)
	first := w.obtain(w.browser(), newFlow("web"), w.person(w.acme, "ann@acme.test"))
	won := w.race("web", refreshing(first.Refresh))
	if len(won) > 1 {
		t.Fatalf("%d of 50 succeeded", len(won))
	}
	if got := w.instances[1].token(w, "web", refreshing(first.Refresh)); got.Error != "invalid_grant" {
		t.Errorf("reuse: %+v", got)
	}
	for _, winner := range won {
		if got := w.instances[0].token(w, "web", refreshing(winner.Refresh)); got.Error != "invalid_grant" {
			t.Errorf("after reuse the family lives: %+v", got)
		}
		if r := w.userinfo(winner.Access); r.status != http.StatusUnauthorized {
			t.Errorf("after reuse the access token lives: %d", r.status)
		}
	}
	if n := w.count("SELECT count(*) FROM audit_events WHERE kind = $1", string(audit.RefreshReused)); n == 0 {
		t.Error("no event tells of the reuse")
	}
}

func TestE06ScopesNarrowAndNeverWiden(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	first := w.obtain(w.browser(), newFlow("web", "scope", "openid offline_access"), w.person(w.acme, "ann@acme.test"))
	form := refreshing(first.Refresh)
	for _, wide := range []string{"openid email", "email", "openid offline_access api", "OPENID"} {
		form.Set("scope", wide)
		if got := w.instances[0].token(w, "web", form); got.Error != "invalid_scope" {
			t.Errorf("%q: %+v", wide, got)
		}
	}
	form.Set("scope", "offline_access")
	narrow := w.instances[0].token(w, "web", form)
	if narrow.status != http.StatusOK || narrow.Scope != "offline_access" || narrow.ID != "" {
		t.Fatalf("narrowed: %+v", narrow)
	}
	if r := w.userinfo(narrow.Access); r.status != http.StatusForbidden {
		t.Errorf("a token without openid at userinfo: %d", r.status)
	}
	if got := w.instances[0].token(w, "web", refreshing(narrow.Refresh)); got.Scope != "openid offline_access" || got.ID == "" {
		t.Errorf("the grant itself was narrowed: %+v", got)
	}
}

func TestE06TheAbsoluteEndHoldsUnderSlidingUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	got := w.obtain(w.browser(), newFlow("web"), w.person(w.acme, "ann@acme.test"))
	for range 3 {
		w.clock.Advance(23 * time.Hour)
		if got = w.instances[0].token(w, "web", refreshing(got.Refresh)); got.status != http.StatusOK {
			t.Fatalf("before the end: %+v", got)
		}
	}
	w.clock.Advance(3*time.Hour + time.Second)
	if got = w.instances[0].token(w, "web", refreshing(got.Refresh)); got.Error != "invalid_grant" {
		t.Errorf("after the end: %+v", got)
	}
}

func TestAnIdleRefreshTokenExpires(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	got := w.obtain(w.browser(), newFlow("web"), w.person(w.acme, "ann@acme.test"))
	w.clock.Advance(24*time.Hour + time.Second)
	if got = w.instances[0].token(w, "web", refreshing(got.Refresh)); got.Error != "invalid_grant" {
		t.Errorf("%+v", got)
	}
}

func TestWithoutOfflineAccessThereIsNoRefreshToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	got := w.obtain(w.browser(), newFlow("web", "scope", "openid"), w.person(w.acme, "ann@acme.test"))
	if got.Refresh != "" || got.ID == "" {
		t.Errorf("%+v", got)
	}
}

func TestWithoutOpenIDThereIsNoIDToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	got := w.obtain(w.browser(), newFlow("web", "scope", "api"), w.person(w.acme, "ann@acme.test"))
	if got.ID != "" || got.Scope != "api" {
		t.Errorf("%+v", got)
	}
	if r := w.userinfo(got.Access); r.status != http.StatusForbidden || r.header.Get("WWW-Authenticate") == "" {
		t.Errorf("userinfo: %d %v", r.status, r.header)
	}
}

func TestARefreshTellsOfTheSignInAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	first := w.obtain(w.browser(), newFlow("web"), w.enrolled(w.acme, "ann@acme.test"))
	w.clock.Advance(time.Hour)
	second := w.instances[0].token(w, "web", refreshing(first.Refresh))
	was, is := claims(t, first.ID), claims(t, second.ID)
	for _, name := range []string{"iss", "sub", "aud", "acr", "auth_time", "sid", "tid", "tenant"} {
		if was[name] == nil || was[name] != is[name] {
			t.Errorf("%s was %v, is %v", name, was[name], is[name])
		}
	}
	if is["iat"].(float64)-was["iat"].(float64) != 3600 || is["exp"].(float64)-is["iat"].(float64) != 600 || is["nonce"] != nil {
		t.Errorf("was %v, is %v", was, is)
	}
}
