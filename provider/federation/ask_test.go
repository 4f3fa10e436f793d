package federation_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/provider/federation"
	"sallyport/storage/id"
)

func evidence(c federation.Connection, rules ...policy.Evidence) policy.Exemption {
	return policy.Exemption{Connection: c.ID, Mode: policy.ByEvidence, Accept: mfa.GradeGood, Evidence: append(rules, c.Kind.Evidence()...)}
}

func TestEachKindIsAskedInItsOwnWords(t *testing.T) {
	t.Parallel()
	age := func(seconds int) *int { return &seconds }
	for name, row := range map[string]struct {
		kind   federation.Kind
		wish   federation.Wish
		prompt string
		maxAge *int
		acr    string
		claims string
	}{
		"entra":                 {federation.Entra, federation.Wish{MaxAge: time.Hour}, "", nil, "", ""},
		"entra, evidence":       {federation.Entra, federation.Wish{Evidence: true, Level: mfa.AAL2}, "", nil, "", `{"id_token":{"acrs":{"essential":true,"value":"c7"},"amr":{"essential":true,"values":["mfa"]}}}`},
		"entra, again":          {federation.Entra, federation.Wish{Reauth: true}, "login", nil, "", ""},
		"google":                {federation.Google, federation.Wish{MaxAge: time.Hour}, "", nil, "", `{"id_token":{"amr":{"essential":true},"auth_time":{"essential":true}}}`},
		"google, again":         {federation.Google, federation.Wish{Reauth: true, Evidence: true}, "select_account", nil, "", `{"id_token":{"amr":{"essential":true},"auth_time":{"essential":true}}}`},
		"okta":                  {federation.Okta, federation.Wish{}, "", nil, "", ""},
		"okta, session age":     {federation.Okta, federation.Wish{MaxAge: time.Hour}, "", age(3600), "", ""},
		"okta, evidence":        {federation.Okta, federation.Wish{Evidence: true, Level: mfa.AAL2, MaxAge: 24 * time.Hour}, "", age(12 * 3600), "urn:okta:loa:2fa:any", ""},
		"okta, against fishing": {federation.Okta, federation.Wish{Evidence: true, Level: mfa.PhishingResistant}, "", age(12 * 3600), "phr", ""},
		"okta, again":           {federation.Okta, federation.Wish{Reauth: true, MaxAge: time.Hour}, "login", age(0), "", ""},
		"oidc, evidence":        {federation.OIDC, federation.Wish{Evidence: true, Level: mfa.AAL2, MaxAge: time.Hour}, "", age(3600), "https://refeds.org/profile/mfa", ""},
		"oidc, beyond reach":    {federation.OIDC, federation.Wish{Evidence: true, Level: mfa.PhishingResistant}, "", nil, "", ""},
	} {
		c := draft(id.NewTenant(), row.kind)
		e := evidence(c)
		if row.kind == federation.Entra {
			e = evidence(c, federation.Attested("c7")...)
		}
		a := c.Ask(e, row.wish)
		if a.Prompt != row.prompt || !reflect.DeepEqual(a.MaxAge, row.maxAge) || strings.Join(a.ACRValues, " ") != row.acr || string(a.Claims) != row.claims {
			t.Errorf("%s: prompt %q, max_age %v, acr_values %v, claims %s", name, a.Prompt, a.MaxAge, a.ACRValues, a.Claims)
		}
		if a.RedirectURI+a.State+a.Nonce+a.Verifier != "" {
			t.Errorf("%s: what is the caller's is filled", name)
		}
	}
}

func TestContextThatNobodyAttestsIsNotAskedFor(t *testing.T) {
	t.Parallel()
	c := draft(id.NewTenant(), federation.Entra)
	e := evidence(c)
	e.Accept = mfa.GradeWeak
	if a := c.Ask(e, federation.Wish{Evidence: true, Level: mfa.AAL2}); strings.Contains(string(a.Claims), "acrs") {
		t.Errorf("%s", a.Claims)
	}
}

func TestHintsAndScopesGoAlong(t *testing.T) {
	t.Parallel()
	google, entra := draft(id.NewTenant(), federation.Google), draft(id.NewTenant(), federation.Entra)
	entra.Settings.Scopes, entra.Settings.FormPost = []string{"openid", "email", "groups"}, true
	a := entra.Ask(policy.Exemption{}, federation.Wish{LoginHint: "kari", Domain: "acme.test"})
	if a.LoginHint != "kari" || a.DomainHint != "acme.test" || !a.FormPost || strings.Join(a.Scopes, " ") != "profile email groups" {
		t.Errorf("%+v", a)
	}
	if a := google.Ask(policy.Exemption{}, federation.Wish{Domain: "acme.test"}); a.DomainHint != "" || a.Extra.Get("hd") != "acme.test" {
		t.Errorf("%+v", a)
	}
	google.Settings.Personal = true
	if a := google.Ask(policy.Exemption{}, federation.Wish{}); a.Extra.Get("hd") != "" {
		t.Errorf("personal accounts are hidden: %v", a.Extra)
	}
}

func TestG04WhoWasToSignInAgainHasDoneSo(t *testing.T) {
	t.Parallel()
	for _, k := range federation.Kinds() {
		c := draft(id.NewTenant(), k)
		for at, want := range map[time.Time]bool{start: true, start.Add(time.Hour): true, start.Add(-time.Minute): true, start.Add(-61 * time.Second): false, {}: k == federation.Entra} {
			if got := c.Fresh(federation.Person{Upstream: mfa.Upstream{Time: at}}, start); got != want {
				t.Errorf("%s, auth_time %v: %v", k, at, got)
			}
		}
	}
}

func TestEvidenceOfEachKindIsGradedAsDocumented(t *testing.T) {
	t.Parallel()
	const refeds = "https://refeds.org/profile/mfa"
	now, old := start.Add(-time.Minute), start.Add(-13*time.Hour)
	for name, row := range map[string]struct {
		kind  federation.Kind
		u     mfa.Upstream
		grade mfa.Grade
		level mfa.Level
	}{
		"entra: mfa, fresh":            {federation.Entra, mfa.Upstream{AMR: "pwd mfa", Time: now}, mfa.GradeGood, mfa.AAL2},
		"entra: the older name":        {federation.Entra, mfa.Upstream{AMR: "pwd multipleauthn", Time: now}, mfa.GradeGood, mfa.AAL2},
		"entra: mfa, old":              {federation.Entra, mfa.Upstream{AMR: "pwd mfa", Time: old}, mfa.GradeMedium, mfa.AAL2},
		"entra: mfa, no time":          {federation.Entra, mfa.Upstream{AMR: "pwd mfa"}, mfa.GradeMedium, mfa.AAL2},
		"entra: attested":              {federation.Entra, mfa.Upstream{AMR: "pwd mfa", ACRS: "c7", Time: now}, mfa.GradeStrong, mfa.AAL2},
		"entra: attested, old":         {federation.Entra, mfa.Upstream{AMR: "pwd mfa", ACRS: "c7", Time: old}, mfa.GradeMedium, mfa.AAL2},
		"entra: another context":       {federation.Entra, mfa.Upstream{AMR: "pwd mfa", ACRS: "c1", Time: now}, mfa.GradeGood, mfa.AAL2},
		"entra: context alone":         {federation.Entra, mfa.Upstream{AMR: "pwd", ACRS: "c7", Time: now}, mfa.GradeWeak, mfa.AAL2},
		"entra: passkey":               {federation.Entra, mfa.Upstream{AMR: "fido mfa", Time: now}, mfa.GradeGood, mfa.PhishingResistant},
		"entra: hardware alone":        {federation.Entra, mfa.Upstream{AMR: "hwk", Time: now}, mfa.GradeNone, mfa.OneFactor},
		"entra: password":              {federation.Entra, mfa.Upstream{AMR: "pwd", Time: now}, mfa.GradeNone, mfa.OneFactor},
		"google: mfa, fresh":           {federation.Google, mfa.Upstream{AMR: "pwd mfa", Time: now}, mfa.GradeGood, mfa.AAL2},
		"google: mfa, old":             {federation.Google, mfa.Upstream{AMR: "pwd mfa", Time: old}, mfa.GradeNone, mfa.OneFactor},
		"google: mfa, no time":         {federation.Google, mfa.Upstream{AMR: "pwd mfa"}, mfa.GradeNone, mfa.OneFactor},
		"google: key alone":            {federation.Google, mfa.Upstream{AMR: "hwk", Time: now}, mfa.GradeNone, mfa.OneFactor},
		"okta: mfa":                    {federation.Okta, mfa.Upstream{AMR: "pwd otp mfa", Time: now}, mfa.GradeGood, mfa.AAL2},
		"okta: trusted somebody else":  {federation.Okta, mfa.Upstream{AMR: "fed mfa", Time: now}, mfa.GradeNone, mfa.OneFactor},
		"okta: that with a level":      {federation.Okta, mfa.Upstream{AMR: "fed", ACR: "phr", Time: now}, mfa.GradeNone, mfa.OneFactor},
		"okta: two of any":             {federation.Okta, mfa.Upstream{AMR: "pwd", ACR: "urn:okta:loa:2fa:any", Time: now}, mfa.GradeGood, mfa.AAL2},
		"okta: if possible":            {federation.Okta, mfa.Upstream{AMR: "pwd", ACR: "urn:okta:loa:2fa:any:ifpossible", Time: now}, mfa.GradeNone, mfa.OneFactor},
		"okta: one of any":             {federation.Okta, mfa.Upstream{AMR: "pwd", ACR: "urn:okta:loa:1fa:any", Time: now}, mfa.GradeNone, mfa.OneFactor},
		"okta: phr":                    {federation.Okta, mfa.Upstream{ACR: "phr", AMR: "pop mfa", Time: now}, mfa.GradeGood, mfa.PhishingResistant},
		"okta: phrh, old":              {federation.Okta, mfa.Upstream{ACR: "phrh", Time: old}, mfa.GradeMedium, mfa.PhishingResistant},
		"okta: a code alone":           {federation.Okta, mfa.Upstream{AMR: "otp", Time: now}, mfa.GradeNone, mfa.OneFactor},
		"oidc: refeds":                 {federation.OIDC, mfa.Upstream{ACR: refeds, Time: now}, mfa.GradeGood, mfa.AAL2},
		"oidc: refeds, no time":        {federation.OIDC, mfa.Upstream{ACR: refeds}, mfa.GradeMedium, mfa.AAL2},
		"oidc: mfa":                    {federation.OIDC, mfa.Upstream{AMR: "mfa", Time: now}, mfa.GradeGood, mfa.AAL2},
		"oidc: phr is not its to give": {federation.OIDC, mfa.Upstream{ACR: "phr", Time: now}, mfa.GradeNone, mfa.OneFactor},
		"oidc: a level of Keycloak":    {federation.OIDC, mfa.Upstream{ACR: "2", Time: now}, mfa.GradeNone, mfa.OneFactor},
	} {
		c := draft(id.NewTenant(), row.kind)
		e := evidence(c)
		if row.kind == federation.Entra {
			e = evidence(c, federation.Attested("c7")...)
		}
		e.Accept = mfa.GradeWeak
		if got := e.Weigh(row.u, start); got.Grade != row.grade || got.Level != row.level {
			t.Errorf("%s: %s, %d, want %s, %d", name, got.Grade, got.Level, row.grade, row.level)
		}
	}
}

func TestPoliciesTakeTheEvidenceOfEveryKind(t *testing.T) {
	t.Parallel()
	p := policy.Default()
	for _, k := range federation.Kinds() {
		c := draft(id.NewTenant(), k)
		c.ID = id.NewConnection()
		p.Exemptions = append(p.Exemptions, evidence(c))
	}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
}
