package provider_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/provider/user"
	"sallyport/storage/audit"
	"sallyport/storage/id"
)

// tokens ends a sign-in and gets everything that the application is given.
func (b *browser) tokens(f flow) map[string]any {
	b.w.t.Helper()
	if b.left == nil {
		b.expect("consent").submit("decision", "allow")
	}
	status, tokens := b.w.redeem(f, b.code(f))
	if status != http.StatusOK {
		b.w.t.Fatalf("token endpoint: %d %v", status, tokens)
	}
	return tokens
}

// refresh is the status of a refresh, and what came of it.
func (w *world) refresh(tokens map[string]any) (int, map[string]any) {
	w.t.Helper()
	text, _ := tokens["refresh_token"].(string)
	return w.token(w.web, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {text}})
}

// offline asks for refresh tokens.
var offline = []string{"scope", "openid offline_access"}

func TestWhoeverComesForTheFirstTimeGetsAnAccountOnlyWhereTheConnectionMakesThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra).exempt(policy.Skip)
	closed := w.connect(w.acme, federation.OIDC, func(s *federation.Settings) { s.Create = false }).exempt(policy.Skip)
	b := w.browser()
	b.authorize(w.web, "tenant", "acme")
	b.press(closed)
	if b.follow(closed).expect("identify"); !strings.Contains(b.alert(), "not connected to an account here") || b.status != http.StatusUnprocessableEntity {
		t.Errorf("%d %s", b.status, b.alert())
	}
	if w.count("SELECT count(*) FROM users") != 0 || w.count("SELECT count(*) FROM identities") != 0 || w.events(w.acme, audit.UpstreamFailed) != 1 {
		t.Error("somebody was made, or nothing is on record")
	}
	first := w.browser()
	sub := first.told(first.through(u))["sub"]
	if got := w.text("SELECT concat_ws(' ', email, name, role, password_hash IS NULL, email_confirmed_at IS NULL) FROM users"); got != "alice@example.com Alice Example user t t" {
		t.Errorf("made: %s", got)
	}
	u.says("email", "else@example.com", "preferred_username", "else@example.com", "name", "Alice Married")
	again := w.browser()
	if got := again.told(again.through(u))["sub"]; got != sub || w.count("SELECT count(*) FROM users") != 1 {
		t.Errorf("%v came, want %v", got, sub)
	}
	if got := w.text("SELECT name || ' ' || email FROM users"); got != "Alice Married alice@example.com" {
		t.Errorf("kept: %s", got)
	}
	if w.events(w.acme, audit.UserCreated) != 1 {
		t.Error("not on record")
	}
}

func TestG01SameAddressIsNobodysProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@example.com")
	u := w.connect(w.acme, federation.OIDC).exempt(policy.Skip)
	for _, verified := range []any{true, "true", 1, false, nil} {
		u.says("email", alice.email, "email_verified", verified, "preferred_username", alice.email)
		b := w.browser()
		b.authorize(w.web, "tenant", "acme")
		b.press(u)
		if b.follow(u).expect("identify"); w.count("SELECT count(*) FROM identities") != 0 || w.count("SELECT count(*) FROM users") != 1 {
			t.Fatalf("email_verified %v: connected", verified)
		}
	}
}

func TestRolesFollowTheGroupsAtEachSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.OIDC, func(s *federation.Settings) {
		s.Roles = []federation.RoleOf{{Group: "admins", Role: "admin"}, {Group: "staff", Role: "user"}}
	}).exempt(policy.Skip)
	for _, row := range []struct {
		groups any
		role   string
	}{{[]string{"staff", "admins"}, "admin"}, {[]string{"staff"}, "user"}, {[]string{"admins"}, "admin"}, {"admins", "admin"}, {nil, "user"},
		{[]string{"Admins", "admins "}, "user"}} {
		u.says("groups", row.groups)
		b := w.browser()
		b.tokens(b.through(u))
		if got := w.text("SELECT role FROM users"); got != row.role {
			t.Errorf("%v: %s, want %s", row.groups, got, row.role)
		}
	}
	w.exec("UPDATE users SET role = 'owner'")
	b := w.browser()
	b.tokens(b.through(u))
	if got := w.text("SELECT role FROM users"); got != "owner" {
		t.Errorf("an owner became %s", got)
	}
}

func TestG06WhoeverIsDisabledStaysDisabledWhateverTheProviderSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra).exempt(policy.Skip)
	b := w.browser()
	tokens := b.tokens(b.through(u, offline...))
	var alice id.User
	must(t, alice.Parse(w.text("SELECT id::text FROM users")))
	must(t, user.SetDisabled(context.Background(), w.store, w.acme, alice, true, audit.Operator, w.clock.Now()))
	if status, _ := w.refresh(tokens); status != http.StatusBadRequest {
		t.Errorf("refresh: %d", status)
	}
	for _, b := range []*browser{w.browser(), b} {
		b.authorize(w.web, "tenant", "acme")
		if b.expect("identify").press(u).follow(u); b.left != nil || b.step() != "refused" {
			t.Errorf("at %s, left %v", b.at, b.left)
		}
	}
	if w.count("SELECT count(*) FROM users WHERE NOT disabled") != 0 || w.count("SELECT count(*) FROM users") != 1 {
		t.Error("somebody is enabled")
	}
}

func TestG06DisabledConnectionLetsNobodyInAndEndsWhatRestsOnIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra).exempt(policy.Skip)
	b, meanwhile := w.browser(), w.browser()
	tokens := b.tokens(b.through(u, offline...))
	meanwhile.authorize(w.web, "tenant", "acme")
	meanwhile.press(u)
	must(t, federation.SetDisabled(context.Background(), w.store, w.acme, u.ID, true, audit.Operator, audit.Origin{}, w.clock.Now()))
	// The row decides, whether or not the notice has come.
	if status, _ := w.refresh(tokens); status != http.StatusBadRequest {
		t.Errorf("refresh: %d", status)
	}
	if meanwhile.follow(u); meanwhile.left != nil || meanwhile.step() == "consent" {
		t.Errorf("a sign-in under way is finished: at %s", meanwhile.at)
	}
	w.changed()
	b.authorize(w.web, "tenant", "acme")
	if b.left != nil || b.step() == "consent" || strings.Contains(b.body, u.Name) {
		t.Errorf("the session signs in, or the connection is offered: at %s", b.at)
	}
	if b.press(u); b.departs() != "" {
		t.Error("the browser is sent there")
	}
}

func TestRefreshIsJudgedByThePolicyOfNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra).exempt(policy.Skip)
	b := w.browser()
	tokens := b.tokens(b.through(u, offline...))
	status, tokens := w.refresh(tokens)
	if status != http.StatusOK {
		t.Fatalf("refresh: %d %v", status, tokens)
	}
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Exemptions[0].Mode = policy.Local })
	if status, body := w.refresh(tokens); status != http.StatusBadRequest || body["error"] != "invalid_grant" {
		t.Errorf("trusted no more: %d %v", status, body)
	}

	proving := w.evident(federation.Okta)
	proving.turns(proving.proves(0, "email", "bob@example.com"))
	b = w.browser()
	tokens = b.tokens(b.through(proving, "scope", "openid offline_access"))
	if status, tokens = w.refresh(tokens); status != http.StatusOK {
		t.Fatalf("refresh: %d %v", status, tokens)
	}
	w.setPolicy(w.acme, func(p *policy.Policy) { p.Exemptions[1].Accept, p.Exemptions[1].Evidence[0].Grade = "strong", "strong" })
	if status, body := w.refresh(tokens); status != http.StatusBadRequest {
		t.Errorf("a grade that counts no more: %d %v", status, body)
	}
}

func TestG03PersonConnectsAnAccountWithAFreshProofOfTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.connect(w.acme, federation.Entra, func(s *federation.Settings) { s.Create = false }).exempt(policy.Skip)
	alice := w.enrolled(w.acme, "alice@acme.test")
	b := w.inSettings(alice)
	if !strings.Contains(b.get("/account").body, u.ID.String()) {
		t.Error("the connection is not offered")
	}
	w.clock.Advance(20 * time.Minute)
	b.post("/account/identities", url.Values{"connection": {u.ID.String()}})
	if b.departs() != "" || b.step() != "second-factor" && b.step() != "password" {
		t.Fatalf("no fresh proof is asked for: at %s", b.at)
	}
	if b.step() == "password" {
		b.submit("password", password)
	}
	b.expect("second-factor").submit("code", alice.totp(w, 0))
	if b.follow(u).expect("account"); !strings.Contains(b.body, "The account is connected") || strings.Contains(b.body, u.ID.String()) {
		t.Errorf("(%d) %s", b.status, b.alert())
	}
	if w.events(w.acme, audit.IdentityLinked) != 1 || w.count("SELECT count(*) FROM identities WHERE user_id = $1", alice.id) != 1 {
		t.Error("not connected, or not on record")
	}
	in := w.browser()
	if told := in.told(in.through(u)); told["sub"] != alice.id.String() {
		t.Errorf("signs in %v", told["sub"])
	}

	// Somebody else's it does not become.
	mallory := w.enrolled(w.acme, "mallory@acme.test")
	b = w.inSettings(mallory)
	b.post("/account/identities", url.Values{"connection": {u.ID.String()}})
	if b.follow(u).step() == "account" || !strings.Contains(b.alert(), "somebody else’s") {
		t.Errorf("at %s: %s", b.at, b.alert())
	}
	if w.count("SELECT count(*) FROM identities WHERE user_id = $1", mallory.id) != 0 {
		t.Error("two people have one identity")
	}
}

func TestPersonDisconnectsAnAccountButNotTheirLastWayIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.setPolicy(w.acme, func(p *policy.Policy) { p.SecondFactor = policy.Optional })
	u := w.connect(w.acme, federation.OIDC)
	only := w.browser()
	only.tokens(only.through(u))
	only.get("/account").expect("account").get("/account/identities/" + w.text("SELECT id::text FROM identities") + "/remove").expect("remove").submit()
	if only.status != http.StatusConflict || !strings.Contains(only.alert(), "only way to sign in") || w.count("SELECT count(*) FROM identities WHERE ended_at IS NULL") != 1 {
		t.Errorf("at %s (%d): %s", only.at, only.status, only.alert())
	}

	w.exec("UPDATE identities SET ended_at = $1", w.clock.Now())
	alice := u.is(w.enrolled(w.acme, "alice@acme.test"))
	in := w.browser()
	f := in.through(u, offline...)
	in.expect("second-factor").submit("code", alice.totp(w, 0))
	tokens := in.tokens(f)
	b := w.inSettings(alice)
	at := "/account/identities/" + w.text("SELECT id::text FROM identities WHERE ended_at IS NULL") + "/remove"
	if other := w.inSettings(w.enrolled(w.acme, "mallory@acme.test")).get(at); other.status != http.StatusNotFound {
		t.Errorf("somebody else's identity: %d", other.status)
	}
	if b.get(at).expect("remove").submit().expect("account"); !strings.Contains(b.body, "no longer connected") || w.events(w.acme, audit.IdentityUnlinked) != 1 {
		t.Errorf("(%d) %s", b.status, b.alert())
	}
	if status, body := w.refresh(tokens); status != http.StatusBadRequest {
		t.Errorf("refresh: %d %v", status, body)
	}
	in.authorize(w.web, "tenant", "acme")
	if in.left != nil || in.step() == "consent" {
		t.Errorf("the session that began with it lives: at %s", in.at)
	}
	// Who comes from there now is somebody else.
	u.says("email", "stranger@example.com")
	again := w.browser()
	if told := again.told(again.through(u)); told["sub"] == alice.id.String() {
		t.Error("still connected")
	}
}

func TestSelfTestOfAConnectionTellsWhatCameAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	u := w.evident(federation.Entra)
	owner, member := w.enrolled(w.acme, "owner@acme.test"), w.enrolled(w.acme, "member@acme.test")
	w.exec("UPDATE users SET role = 'owner' WHERE id = $1", owner.id)
	test := "/admin/connections/" + u.ID.String() + "/test"
	if b := w.inSettings(member).post(test, nil); b.status != http.StatusForbidden || b.departs() != "" {
		t.Errorf("a member: at %s (%d)", b.at, b.status)
	}
	b := w.inSettings(owner)
	state := "SELECT concat_ws(' ', (SELECT count(*) FROM users), (SELECT count(*) FROM identities), (SELECT string_agg(id::text || proofs::text, ',' ORDER BY id) FROM sessions), (SELECT count(*) FROM grants))"
	before := w.text(state)
	for _, row := range []struct {
		says []any
		want []string
	}{
		{[]any{"amr", []string{"pwd"}, "auth_time", w.clock.Now().Unix()}, []string{"grade: none", "without mfa", "0a11ce00-0000-4000-8000-000000000001", "<code><bdi>"}},
		{[]any{"amr", nil}, []string{"grade: none", "Token configuration"}},
		{[]any{"amr", []string{"pwd", "mfa"}, "auth_time", w.clock.Now().Unix()}, []string{"grade: good", "accepts this"}},
		{[]any{"amr", []string{"pwd", "mfa"}, "acrs", []string{"c1"}, "auth_time", w.clock.Now().Unix(), "name", "<script>alert(1)</script>"}, []string{"grade: strong"}},
		{[]any{"nonce", "another"}, []string{"failed"}},
		{[]any{"tid", "99999999-9999-4999-8999-999999999999"}, []string{"failed"}},
	} {
		u.says(row.says...)
		b.post(test, nil)
		if b.follow(u).expect("tested"); b.status >= 500 {
			t.Fatalf("%v: %d", row.says, b.status)
		}
		for _, want := range row.want {
			if !strings.Contains(b.body, want) {
				t.Errorf("%v: the page does not say %q:\n%s", row.says, want, b.body)
			}
		}
		if strings.Contains(b.body, "<script>alert") {
			t.Error("a claim is markup")
		}
	}
	// The answer of a test opens nothing, not even for whoever began it.
	attempt := b.attempt()
	for _, page := range []string{"consent", "second-factor", "password", "identify", "enrol"} {
		if b.post(attempt+"/"+page, url.Values{"decision": {"allow"}, "email": {"x@acme.test"}}); b.left != nil || b.step() != "tested" {
			t.Errorf("%s leads to %s", page, b.at)
		}
	}
	if b.get("/authorize/callback?attempt=" + strings.TrimPrefix(attempt, "/signin/")); b.left != nil {
		t.Errorf("left to %s", b.left)
	}
	if after := w.text(state); after != before {
		t.Errorf("changed:\n%s\n%s", before, after)
	}
}
