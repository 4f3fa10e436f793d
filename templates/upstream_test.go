package templates_test

import (
	"strings"
	"testing"

	"golang.org/x/text/language"

	"sallyport/templates"
)

func connects() []templates.Connect {
	return []templates.Connect{{Label: "Contoso", Kind: "entra", Value: "c-1"}, {Label: "Google", Kind: "google", Value: "c-2"}}
}

// upstreams are the pages of signing in at another provider, and those that lead there.
func upstreams() []sample {
	tenant := templates.Frame{Tenant: "Acme"}
	accounts := []templates.AccountChoice{{Value: "s-1", Email: "kari@acme.example", Name: "Kari Nordmann", Tenant: "Acme"}, {Value: "s-2", Email: "ola@acme.example"}}
	claims := []templates.Claim{{Name: "amr", Value: `["pwd"]`}, {Name: "acrs", Value: `["c1"]`}, {Name: "oid", Value: `"0f6f1c2e"`}}
	return []sample{
		{"identify_connections", templates.Identify{Frame: tenant, Action: "/signin", Connections: connects(), ConnectAction: "/signin/connect", PasskeyOptions: requestOptions, PasskeyAction: "/signin/passkey", PasskeyIssued: "i-1"}, 1},
		{"identify_accounts", templates.Identify{Frame: tenant, Action: "/signin", Accounts: accounts, AccountsAction: "/signin/account", Connections: connects(), ConnectAction: "/signin/connect", CancelURL: "/signin/cancel"}, 1},
		{"password_connections", templates.Password{Frame: frame(""), Action: "/signin/password", ForgotURL: "/signin/forgot", Connections: connects(), ConnectAction: "/signin/connect"}, 1},
		{"password_emergency", templates.Password{Frame: frame(templates.ErrorPasswordWrong), Action: "/signin/password", NoPasswords: true, Connections: connects(), ConnectAction: "/signin/connect", PasskeyOptions: requestOptions, PasskeyAction: "/signin/passkey", PasskeyIssued: "i-1"}, 0},
		{"upstream", templates.Upstream{Frame: frame(templates.ErrorUpstreamDenied), Action: "/signin/upstream", Label: "Contoso", Kind: "entra", Why: "evidence", BackURL: "/signin"}, 1},
		{"upstream_link", templates.Upstream{Frame: tenant, Action: "/account/connect", Label: "Contoso", Kind: "entra", Why: "link", BackURL: "/account"}, 1},
		{"upstream_test", templates.Upstream{Frame: tenant, Action: "/admin/test", Label: "Contoso", Kind: "entra", Why: "test"}, 1},
		{"leaving", templates.Leaving{Frame: tenant, Label: "Contoso", Address: "https://login.contoso.example/authorize?state=x&nonce=y"}, 0},
		{"tested", templates.Tested{Frame: frame(""), Connection: "Contoso", Kind: "entra", Mode: "evidence", Grade: "weak", Outcome: "asked", Claims: claims, Advice: advice(), BackURL: "/admin/connections/1", AgainAction: "/admin/connections/1/test"}, 1},
		{"tested_accepted", templates.Tested{Frame: tenant, Connection: "Contoso", Kind: "entra", Mode: "evidence", Grade: "strong", Accepted: true, Outcome: "let_in", Claims: claims, Advice: []templates.Passage{{Key: templates.AdviceGood}}}, 0},
		{"tested_skip", templates.Tested{Frame: tenant, Connection: "Contoso", Kind: "google", Mode: "skip", Grade: "none", Outcome: "let_in", Claims: claims, Advice: []templates.Passage{{Key: templates.AdviceSkip}}}, 0},
		{"tested_failed", templates.Tested{Frame: tenant, Connection: "Contoso", Kind: "oidc", Mode: "evidence", Failed: templates.ErrorUpstreamFailed, Reason: "audience", Detail: `aud is "other"`, Advice: []templates.Passage{{Key: templates.AdviceEmailMissing}}, AgainAction: "/admin/connections/1/test"}, 1},
	}
}

// advice is all that a test can say.
func advice() []templates.Passage {
	all := []templates.Passage{}
	for _, key := range []string{templates.AdviceAMRMissing, templates.AdviceAMRNoMFA, templates.AdviceAuthTimeMissing, templates.AdviceAuthTimeEntra, templates.AdviceAuthTimeGoogle,
		templates.AdviceAuthTimeStale, templates.AdviceACRSMissing, templates.AdviceACRSAlone, templates.AdviceEdovMissing, templates.AdviceEmailMissing, templates.AdviceEmailUnverified,
		templates.AdviceGoogleStrength, templates.AdviceGoogleTwoStep, templates.AdviceOktaFed, templates.AdviceACRNotSent, templates.AdviceKeycloakAMR, templates.AdviceKeycloakBroker,
		templates.AdviceOneFactor, templates.AdviceGroupsOverage, templates.AdviceSkip, templates.AdviceLocal, templates.AdviceGood} {
		all = append(all, templates.Passage{Key: key, Data: map[string]any{"Count": 90, "Value": "urn:okta:loa:2fa:any"}})
	}
	return all
}

func TestConnectionsPostTheirValueAndAccountsTheirs(t *testing.T) {
	t.Parallel()
	chosen := []templates.AccountChoice{{Value: "s-1", Email: "kari@acme.example"}}
	for _, c := range []struct {
		page         templates.Page
		action, want string
	}{
		{templates.Identify{Connections: connects(), ConnectAction: "/c"}, "/c", "connection=c-1 connection=c-2"},
		{templates.Identify{Accounts: chosen, AccountsAction: "/a", Connections: connects(), ConnectAction: "/c"}, "/c", "connection=c-1 connection=c-2"},
		{templates.Identify{Accounts: chosen, AccountsAction: "/a"}, "/a", "account=s-1"},
		{templates.Password{Connections: connects(), ConnectAction: "/c"}, "/c", "connection=c-1 connection=c-2"},
		{templates.Password{Connections: connects(), ConnectAction: "/c", NoPasswords: true}, "/c", "connection=c-1 connection=c-2"},
		{templates.Password{Action: "/p", NoPasswords: true}, "/p", "password="},
		{templates.Account{Connect: connects(), ConnectAction: "/c"}, "/c", "connection=c-1 connection=c-2"},
		{templates.Upstream{Action: "/u", Why: "evidence"}, "/u", ""},
		{templates.Tested{AgainAction: "/t"}, "/t", ""},
	} {
		if got := strings.Join(posted(t, render(t, language.English, c.page), c.action), " "); got != c.want {
			t.Errorf("%T posts %q, want %q", c.page, got, c.want)
		}
	}
}

// Without passwords the way in is above; an error of the emergency form must be seen, so it is unfolded then.
func TestEmergencyPasswordIsFoldedBelowTheConnections(t *testing.T) {
	t.Parallel()
	for _, err := range []string{"", templates.ErrorUpstreamFailed, templates.ErrorPasswordWrong} {
		page := render(t, language.English, templates.Password{Frame: templates.Frame{Error: err}, Connections: connects(), ConnectAction: "/c", NoPasswords: true})
		all := nodes(t, page)
		folds := pick(all, tagged("details"))
		if len(folds) != 1 || !strings.Contains(folds[0].text, "Emergency access") {
			t.Fatalf("no fold:\n%s", page)
		}
		if _, open := folds[0].attrs["open"]; open != (err == templates.ErrorPasswordWrong) {
			t.Errorf("error %q: open %v", err, open)
		}
		if strings.Index(page, "Continue with Contoso") > strings.Index(page, "<details") || strings.Contains(page, "autofocus") {
			t.Errorf("connections below, or focus in what is folded:\n%s", page)
		}
	}
}

func TestVerdictOfATestIsItsTitle(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]templates.Tested{
		"Contoso proved a second step":                     {Mode: "evidence", Grade: "good", Accepted: true},
		"Contoso did not prove a second step that counts":  {Mode: "evidence", Grade: "good"},
		"Contoso is trusted without proof":                 {Mode: "skip", Accepted: true},
		"Contoso works; the second step is asked for here": {Mode: "local", Grade: "strong", Accepted: true},
		"The test of Contoso failed":                       {Mode: "skip", Failed: templates.ErrorUpstreamDenied},
	} {
		p.Connection = "Contoso"
		if got := pick(nodes(t, render(t, language.English, p)), tagged("h1"))[0].text; got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
}

func TestVerdictTellsGradeRuleAndWhatComesNext(t *testing.T) {
	t.Parallel()
	for _, grade := range []string{"none", "weak", "medium", "good", "strong"} {
		for _, outcome := range []string{"let_in", "first_proof", "asked_upstream", "asked", "must_enrol", "turned_away"} {
			for _, mode := range []string{"skip", "evidence", "local", ""} {
				p := templates.Tested{Connection: "Contoso", Mode: mode, Grade: grade, Outcome: outcome}
				for _, lang := range templates.Languages() {
					render(t, lang, p)
				}
				if n := len(p.Verdict()); n != 3 {
					t.Errorf("%s %s %s: %d sentences", mode, grade, outcome, n)
				}
			}
		}
	}
	if all := (templates.Tested{Grade: "splendid", Outcome: "unheard_of"}).Verdict(); len(all) != 1 {
		t.Errorf("codes that nobody defined are told: %v", all)
	}
}
