package provider_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/provider/notify"
	"sallyport/provider/recovery"
	"sallyport/provider/session"
	"sallyport/provider/user"
	"sallyport/storage/id"
)

// mailed is the link in the newest message of a kind to somebody, as a path.
func (w *world) mailed(p *person, kind notify.Kind) string {
	w.t.Helper()
	all, secrets := w.messages(p)
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Kind == string(kind) {
			path, ours := strings.CutPrefix(secrets[i].Link, w.issuer.String())
			if !ours {
				w.t.Fatalf("link %q leads elsewhere", secrets[i].Link)
			}
			return path
		}
	}
	w.t.Fatalf("no mail %s to %s", kind, p.email)
	return ""
}

// resetLink asks for a new password from the sign-in page and reads the mail.
func (w *world) resetLink(p *person) string {
	w.t.Helper()
	b := w.browser()
	b.toPassword(w.web, p)
	b.get(strings.TrimSuffix(b.at.Path, "password") + "forgot").submit()
	return w.mailed(p, notify.PasswordReset)
}

// reset opens a link and chooses the password that everybody has.
func (b *browser) reset(link string) *browser {
	b.w.t.Helper()
	if b.get(link); b.status == http.StatusOK {
		b.post(link, url.Values{"password": {password}})
	}
	return b
}

// forgot walks to the page that sends a link, for an address in a tenant.
func (b *browser) forgot(a app, tenant, email string) *browser {
	b.w.t.Helper()
	b.authorize(a, "tenant", tenant)
	b.expect("identify").submit("email", email).expect("password")
	return b.get(b.attempt() + "/forgot").expect("forgot")
}

// plain is a page without what is different on each.
func plain(b *browser, email string) string {
	page := strings.ReplaceAll(b.body, strings.Split(b.at.Path, "/")[2], "HANDLE")
	return strings.ReplaceAll(page, email, "EMAIL")
}

func TestJ01ForgottenPasswordAnswersAlikeForEverybody(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	known, gone := w.enrolled(w.acme, "known@acme.test"), w.person(w.acme, "gone@acme.test")
	service, frozen, none := w.person(w.acme, "service@acme.test"), w.person(w.acme, "frozen@acme.test"), w.person(w.acme, "none@acme.test")
	w.disable(gone)
	w.exec("UPDATE users SET service = true WHERE id = $1", service.id)
	w.exec("UPDATE users SET frozen_at = $2 WHERE id = $1", frozen.id, w.clock.Now())
	w.exec("UPDATE users SET password_hash = NULL WHERE id = $1", none.id)
	var first, sent, cookies string
	for _, email := range []string{known.email, gone.email, service.email, frozen.email, none.email, "nobody@acme.test", "alice@globex.test"} {
		b := w.browser().forgot(w.web, "acme", email)
		page := plain(b, email)
		b.submit()
		answer, brought := plain(b, email), strings.Join(b.header.Values("Set-Cookie"), ";")
		if first == "" {
			first, sent, cookies = page, answer, brought
		}
		if b.status != http.StatusOK || page != first || answer != sent || brought != cookies {
			t.Errorf("%s: %d, another page or cookie", email, b.status)
		}
	}
	if n := w.count("SELECT count(*) FROM messages WHERE kind = 'password.reset'"); n != 2 {
		t.Errorf("%d mails, want one to who is known and one to who has no password yet", n)
	}
	if w.count("SELECT count(*) FROM messages WHERE user_id = ANY($1)", []string{gone.id.String(), service.id.String(), frozen.id.String()}) != 0 {
		t.Error("somebody locked out was sent a link")
	}
}

func TestC09LinkOpenedInAnotherBrowserEndsWhatWasOpenAndSignsNobodyIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	old := w.browser()
	tokens := old.signIn(w.web, alice, "scope", "openid offline_access")
	w.clock.Advance(time.Minute)
	halfway := w.browser()
	halfway.toSecond(w.web, alice)
	link := w.resetLink(alice)

	other := w.browser()
	if other.get(link); other.status != http.StatusOK || !strings.Contains(other.body, "new-password") || other.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%d, %q", other.status, other.header.Get("Referrer-Policy"))
	}
	other.post(link, url.Values{"password": {"a new long password"}})
	if other.status != http.StatusOK || has(other, session.Cookie) {
		t.Errorf("%d, or the browser was signed in", other.status)
	}
	if other.get("/account"); other.step() != "identify" {
		t.Errorf("after the reset: at %s", other.at)
	}
	if old.get("/account"); old.step() != "identify" {
		t.Errorf("the old session still opens %s", old.at)
	}
	if status, _ := w.token(w.web, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {tokens["refresh_token"].(string)}}); status == http.StatusOK {
		t.Error("the old refresh token lives")
	}
	if halfway.submit("code", alice.totp(w, 0)); halfway.left != nil || halfway.step() == "consent" {
		t.Errorf("a sign-in that has shown the old password: at %s", halfway.at)
	}
	fresh := w.browser()
	fresh.toPassword(w.web, alice)
	fresh.submit("password", password).expect("password")
	fresh.submit("password", "a new long password").expect("second-factor") // C09
	fresh.submit("code", alice.totp(w, 0)).expect("consent")
	if again := w.browser().reset(link); again.status != http.StatusGone { // C10
		t.Errorf("the link a second time: %d", again.status)
	}
}

func TestC01NothingLeadsToANewPasswordButTheLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.enrolled(w.acme, "alice@acme.test")
	mallory := w.browser().forgot(w.web, "acme", alice.email)
	mallory.submit()
	handle := strings.Split(mallory.at.Path, "/")[2]
	form := url.Values{"password": {"mallory's own password"}, "way": {"email"}, "step": {"done"}, "token": {handle}, "user": {alice.id.String()}}
	for _, page := range []string{"forgot", "password", "second-factor", "second-factor/choose", "enrol", "enrol/method", "backup-codes", "tenant", "identify"} {
		mallory.post("/signin/"+handle+"/"+page, form)
		if mallory.status >= 500 || mallory.left != nil || strings.Contains(mallory.body, "new-password") {
			t.Errorf("%s: %d at %s", page, mallory.status, mallory.at)
		}
	}
	for _, token := range []string{handle, "", "x", alice.id.String(), "spx." + handle, "spx.AAAA.AAAA"} {
		mallory.post("/password/"+token, form)
		if mallory.status < 400 {
			t.Errorf("token %q: %d", token, mallory.status)
		}
	}
	w.browser().toSecond(w.web, alice) // with the password as it was
}

func TestC04MailGoesToTheAddressOnRecordWhateverTheFormSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.person(w.acme, "alice@acme.test")
	w.person(w.acme, "mallory@acme.test")
	for _, body := range []string{"email=mallory@evil.test", "email[]=alice@acme.test&email[]=mallory@evil.test", "email=alice@acme.test&email=mallory@evil.test",
		"to=mallory@evil.test&recipient=mallory@evil.test", "email=alice@acme.test%0d%0aBcc:mallory@evil.test"} {
		b := w.browser().forgot(w.web, "acme", alice.email)
		b.send(b.at.Path, "application/x-www-form-urlencoded", body)
	}
	for _, email := range []string{"alice@acme.test,mallory@evil.test", "alice@acme.test\r\nBcc: mallory@evil.test", "аlice@acme.test", "alice@acme.test mallory@evil.test"} {
		b := w.browser()
		b.authorize(w.web, "tenant", "acme")
		if b.submit("email", email); b.step() == "password" {
			b.get(b.attempt() + "/forgot").submit()
		}
	}
	b := w.browser().forgot(w.web, "acme", alice.email)
	b.send(b.at.Path, "application/json", `{"email":["alice@acme.test","mallory@evil.test"]}`)
	if n := w.count("SELECT count(*) FROM messages WHERE recipient <> $1", alice.email); n != 0 {
		t.Errorf("%d mails to somebody else", n)
	}
}

func TestC05LinkNamesItsOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, mallory := w.enrolled(w.acme, "alice@acme.test"), w.enrolled(w.acme, "mallory@acme.test")
	link := w.resetLink(mallory)
	b := w.browser()
	b.toSecond(w.web, alice) // in the middle of alice's sign-in, with her name in every field
	b.post(link+"?user="+alice.id.String()+"&email=alice@acme.test", url.Values{"password": {"mallory's own password"}, "user": {alice.id.String()},
		"email": {alice.email}, "username": {alice.email}, "tenant": {"acme"}})
	w.clock.Advance(time.Minute)
	w.browser().toSecond(w.web, alice)
	m := w.browser()
	m.toPassword(w.web, mallory)
	m.submit("password", password).expect("password")
}

func TestC10NewerLinkKillsTheOlderAndTimeKillsBoth(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice := w.person(w.globex, "alice@globex.test")
	older := w.resetLink(alice)
	newer := w.resetLink(alice)
	if b := w.browser().get(older); b.status != http.StatusGone {
		t.Errorf("the older link: %d", b.status)
	}
	w.clock.Advance(user.ResetLife - time.Second)
	if b := w.browser().get(newer); b.status != http.StatusOK {
		t.Errorf("a second before its end: %d", b.status)
	}
	w.clock.Advance(time.Second)
	if b := w.browser().reset(newer); b.status != http.StatusGone {
		t.Errorf("at its end: %d", b.status)
	}
}

func TestJ06FloodOfResetsReachesAMailboxTenTimesAndAnswersAlike(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	alice, twin := w.person(w.acme, "alice@acme.test"), w.person(w.globex, "alice@acme.test")
	var first string
	for i := range 24 {
		b := w.browser().forgot(w.web, []string{"acme", "globex"}[i%2], alice.email).submit()
		page := strings.ReplaceAll(plain(b, alice.email), "globex", "acme")
		if first == "" {
			first = page
		}
		if b.status != http.StatusOK || page != first {
			t.Fatalf("request %d answers otherwise: %d", i, b.status)
		}
	}
	if n := w.count("SELECT count(*) FROM messages WHERE recipient = $1", alice.email); n != 10 {
		t.Errorf("%d mails from both tenants", n)
	}
	if w.browser().get(w.mailed(twin, notify.PasswordReset)).status != http.StatusOK {
		t.Error("the flood has killed the newest link")
	}
}

func TestPasswordByMailAndCodeByMailAreOneProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	w.allowSent()
	kari := w.person(w.acme, "kari@acme.test")
	w.give(kari, mfa.Email, []byte(kari.email))
	w.browser().reset(w.resetLink(kari))
	b := w.browser()
	b.toPassword(w.web, kari)
	b.submit("password", password).expect("refused")
	if code, _ := w.sent(kari); code != "" {
		t.Error("a code went to the mailbox that chose the password")
	}
	// An administrator's code stands beside it, and says that whoever chose the password is the owner.
	code := w.access(kari)
	b = w.browser()
	f := b.toSecond(w.web, kari)
	b.withAccess(code)
	b.told(f)
	w.clock.Advance(time.Minute)
	b = w.browser()
	b.toSecond(w.web, kari)
	code, _ = w.sent(kari)
	if b.submit("code", code); b.left == nil {
		t.Errorf("at %s: %s", b.at, b.alert())
	}
}

func TestWhatDoesNotHangOnTheMailboxMakesThePasswordOnesOwn(t *testing.T) {
	t.Parallel()
	for _, with := range []mfa.Kind{mfa.TOTP, mfa.BackupCode} {
		w := newWorld(t, 1)
		w.allowSent()
		kari := w.person(w.acme, "kari@acme.test")
		codes := w.withCodes(kari)
		w.give(kari, mfa.Email, []byte(kari.email))
		w.browser().reset(w.resetLink(kari))
		b := w.browser()
		f := b.toSecond(w.web, kari)
		if strings.Contains(b.body, `value="email:`) {
			t.Error("a code by mail is offered beside a password by mail")
		}
		answer := kari.totp(w, 0)
		if with == mfa.BackupCode {
			answer = codes[0]
		}
		b.submit("way", string(with), "code", answer)
		b.told(f)
		w.clock.Advance(time.Minute)
		b = w.browser()
		b.toSecond(w.web, kari)
		b.choose(mfa.Email)
		code, _ := w.sent(kari)
		if b.submit("code", code); b.left == nil {
			t.Errorf("after %s: the mailbox proves nothing still (at %s)", with, b.at)
		}
	}
}

func TestR2FactorsResetByAnAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1)
	for tenant, after := range map[id.Tenant]string{w.acme: "enrol", w.globex: "consent"} {
		p := w.enrolled(tenant, "lost@example.test")
		old := w.browser()
		old.toSecond(w.web, p)
		must(t, recovery.ResetFactors(context.Background(), w.store, recovery.Help{Tenant: p.tenant, Target: p.id, Now: w.clock.Now()}))
		if old.submit("code", p.totp(w, 0)); old.left != nil || old.step() == "consent" {
			t.Errorf("%s: the code of a factor that is no more leads to %s", after, old.at)
		}
		b := w.browser()
		f := b.toPassword(w.web, p)
		b.submit("password", password).expect(after)
		if after == "consent" {
			level(t, b.told(f), oneFactor, "pwd")
			continue
		}
		p.seed = b.shownSeed()
		b.submit("code", p.totp(w, 0)).keep()
		level(t, b.told(f), aal2, "pwd", "otp", "mfa")
	}
}
