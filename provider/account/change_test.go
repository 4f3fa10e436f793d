package account_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sallyport/provider/notify"
	"sallyport/storage/audit"
)

func TestD03OwnPasswordEndsTheOtherSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	w.client(acme, "app")
	kari := w.person(acme, "kari@acme.example", "user")
	here, there := kari.signIn(firefox, "app"), kari.signIn(firefox, "app")
	wantText(t, here.get("/account"), `"/account/password"`)
	wantText(t, here.get("/account/password"), `action="/account/password"`, `autocomplete="new-password"`)
	wantStatus(t, w.do(here, http.MethodPost, "/account/password", form("password", "short")), http.StatusUnprocessableEntity)
	wantSeeOther(t, w.do(here, http.MethodPost, "/account/password", form("password", fresh)), "/account?notice=password-changed")
	if !kari.opens(fresh) || kari.row().PasswordByMail || !here.alive() || !here.granted() || there.alive() || there.granted() {
		t.Error("the wrong sessions live")
	}
	if n := len(kari.events(audit.PasswordSet)); n != 1 {
		t.Errorf("%d events", n)
	}
}

func TestC03PasswordAndAddressNeedAFreshProof(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	b := kari.signIn(firefox, "")
	w.clock.advance(11 * time.Minute)
	for _, target := range []string{"/account/password", "/account/email"} {
		wantSeeOther(t, b.get(target), "/signin/guarded")
		wantSeeOther(t, w.do(b, http.MethodPost, target, form("password", fresh, "email", "new@acme.example")), "/signin/guarded")
	}
	if kari.row().PasswordHash != nil || w.mails() != 0 {
		t.Error("changed all the same")
	}
}

func TestC13AddressChangesWhenTheNewOneIsConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	b := kari.signIn(firefox, "")
	wantText(t, b.get("/account/email"), `action="/account/email"`)
	wantSeeOther(t, w.do(b, http.MethodPost, "/account/email", form("email", "Kari@new.example")), "/account?notice=email-pending")
	link, to := w.mailed(notify.EmailChange)
	if to != "Kari@new.example" || kari.row().Email != "kari@acme.example" {
		t.Errorf("mail to %s, address %s", to, kari.row().Email)
	}
	wantText(t, w.do(nil, http.MethodGet, link, ""), "Is Kari@new.example yours?")
	wantStatus(t, w.send(link), http.StatusOK)
	if row := kari.row(); row.Email != "Kari@new.example" || row.EmailConfirmedAt == nil {
		t.Errorf("%+v", row)
	}
	if n := len(kari.events(audit.EmailChanged)); n != 1 {
		t.Errorf("%d events", n)
	}
}

// C13: the attacker began a change; the owner's reset leaves nothing of it.
func TestC13PendingChangeDiesWithAReset(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	attacker := kari.signIn(firefox, "")
	wantSeeOther(t, w.do(attacker, http.MethodPost, "/account/email", form("email", "mallory@evil.example")), "/account?notice=email-pending")
	link, _ := w.mailed(notify.EmailChange)
	wantStatus(t, w.send(kari.forgot(), "password", fresh), http.StatusOK)
	wantStatus(t, w.send(link), http.StatusGone)
	if kari.row().Email != "kari@acme.example" || attacker.alive() {
		t.Error("the attacker is still there")
	}
}

// J01: asking for an address that somebody has answers like asking for one that nobody has.
func TestJ01TakenAddressAnswersLikeAFreeOne(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	kari := w.person(acme, "kari@acme.example", "user")
	w.person(acme, "per@acme.example", "user")
	b := kari.signIn(firefox, "")
	free := w.do(b, http.MethodPost, "/account/email", form("email", "free@acme.example"))
	taken := w.do(b, http.MethodPost, "/account/email", form("email", "per@acme.example"))
	if answer(free) != answer(taken) || free.Code != http.StatusSeeOther {
		t.Errorf("%s\n%s", answer(free), answer(taken))
	}
	link, to := w.mailed(notify.EmailChange)
	if to != "per@acme.example" {
		t.Fatalf("mail to %s", to)
	}
	got := w.send(link)
	wantStatus(t, got, http.StatusConflict)
	wantText(t, got, "Another account at your organisation uses this address already")
}

// C04: one address, as text, or no mail at all.
func TestC04NewAddressIsOneAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.person(w.tenant("acme", nil), "kari@acme.example", "user").signIn(firefox, "")
	for _, bad := range []string{"", "nobody", "a@b.example,m@evil.example", "a@b.example\r\nBcc: m@evil.example", `["a@b.example"]`, strings.Repeat("a", 300) + "@b.example"} {
		got := w.do(b, http.MethodPost, "/account/email", form("email", bad))
		wantStatus(t, got, http.StatusUnprocessableEntity)
		wantText(t, got, `role="alert"`)
	}
	wantStatus(t, w.do(b, http.MethodPost, "/account/email", form("email", "a@b.example", "email", "m@evil.example")), http.StatusBadRequest)
	wantStatus(t, w.do(b, http.MethodPost, "/account/email", form("email[]", "a@b.example", "email[]", "m@evil.example")), http.StatusUnprocessableEntity)
	if w.mails() != 0 {
		t.Errorf("%d mails", w.mails())
	}
}

func TestActivationIsSentAgainAndNotWithoutEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	kari := w.person(w.tenant("acme", nil), "kari@acme.example", "user")
	b := kari.signIn(firefox, "")
	wantText(t, b.get("/account"), `"/account/email/confirm"`)
	wantSeeOther(t, b.post("/account/email/confirm"), "/account?notice=confirmation-sent")
	last := http.StatusSeeOther
	for n := 0; n < 60 && last == http.StatusSeeOther; n++ {
		last = b.post("/account/email/confirm").Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the last answer was %d", last)
	}
	link, _ := w.mailed(notify.EmailConfirm)
	wantStatus(t, w.send(link), http.StatusOK)
	wantSeeOther(t, b.post("/account/email/confirm"), "/account?notice=email-confirmed")
	wantNoText(t, b.get("/account"), `"/account/email/confirm"`)
}
