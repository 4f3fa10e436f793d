package account_test

import (
	"net/http"
	"testing"

	"sallyport/storage/audit"
)

func TestRevokingTakesTheAccessAtOnceD08(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	acme := w.tenant("acme", nil)
	w.client(acme, "time.sheet~1")
	w.client(acme, "ledger")
	kari, per := w.person(acme, "kari@acme.example", "user"), w.person(acme, "per@acme.example", "user")
	sheet, ledger, foreign := kari.signIn(firefox, "time.sheet~1"), kari.signIn(firefox, "ledger"), per.signIn(firefox, "time.sheet~1")
	wantText(t, sheet.get("/account/consents/time.sheet~1/revoke"), "Remove access of App time.sheet~1?", `action="/account/consents/time.sheet~1/revoke"`)
	wantSeeOther(t, sheet.post("/account/consents/time%2Esheet%7E1/revoke"), "/account?notice=consent-revoked")
	if sheet.granted() || !ledger.granted() || !foreign.granted() || !sheet.alive() {
		t.Error("the wrong access was taken")
	}
	if n := len(kari.events(audit.ConsentRevoked)); n != 1 {
		t.Errorf("%d events", n)
	}
	wantNoText(t, sheet.get("/account"), "App time.sheet~1")
	wantStatus(t, sheet.post("/account/consents/time.sheet~1/revoke"), http.StatusNotFound)
}
