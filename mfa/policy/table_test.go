package policy_test

import (
	"slices"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

// person is the usual facts: a password a minute old, the tenant's mode, an authenticator or none.
func person(mode policy.Mode, enrolled bool, change ...func(*policy.Facts)) policy.Facts {
	p := policy.Default()
	p.SecondFactor = mode
	f := policy.Facts{Now: now, TenantLive: true, Policy: &p, User: policy.User{Known: true, ID: kari, Role: "user", Email: "kari@acme.example", EmailConfirmed: true}, Proofs: []mfa.Proof{password(fresh)}}
	if enrolled {
		f.User.Factors = []mfa.Authenticator{{ID: phone, Kind: mfa.TOTP}}
	}
	for _, c := range change {
		c(&f)
	}
	return f
}

func showing(proofs ...mfa.Proof) func(*policy.Facts) {
	return func(f *policy.Facts) { f.Proofs = proofs }
}

func asking(d policy.Demand) func(*policy.Facts) { return func(f *policy.Facts) { f.Demand = d } }

func methodsOf(kinds ...mfa.Kind) func(*policy.Facts) {
	return func(f *policy.Facts) {
		f.Policy.Methods = kinds
		if slices.Contains(kinds, mfa.SMS) {
			f.Policy.SMSCountries = []string{"NO"}
		}
	}
}

func closed(f *policy.Facts) { f.Policy.EnrolWithPassword = false }

func offline(f *policy.Facts) { f.Offline = true }

func within(s *policy.Session) func(*policy.Facts) {
	return func(f *policy.Facts) { f.Session, f.Proofs = s, nil }
}

type verdictText struct {
	outcome string
	rule    string
	why     policy.Why
}

func read(d policy.Decision) verdictText {
	outcome := "pass"
	switch {
	case d.Unmet:
		outcome = "unmet"
	case d.Refused:
		outcome = "refuse"
	case d.First:
		outcome = "password"
	case d.Second == policy.SecondAsk:
		outcome = "code"
	case d.Second == policy.SecondEnrol:
		outcome = "enrol"
	}
	return verdictText{outcome, d.Rule, d.Why}
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	full := []mfa.Proof{password(fresh), code(fresh, phone)}
	aal2 := essential(mfa.AAL2)
	for name, c := range map[string]struct {
		facts policy.Facts
		want  verdictText
	}{
		"a password is enough where nothing asks for more": {person(policy.Optional, false), verdictText{"pass", "baseline", policy.WhySatisfied}},
		"nothing shown":                                           {person(policy.Required, true, showing()), verdictText{"password", "baseline", policy.WhyFirstMissing}},
		"a code without a password":                               {person(policy.Off, true, showing(code(fresh, phone))), verdictText{"password", "baseline", policy.WhyFirstMissing}},
		"R3: required and not enrolled":                           {person(policy.Required, false), verdictText{"enrol", "tenant.second_factor", policy.WhyTenantRequires}},
		"R3: required and enrolled":                               {person(policy.Required, true), verdictText{"code", "enrolled", policy.WhyEnrolled}},
		"R3: required and shown":                                  {person(policy.Required, true, showing(full...)), verdictText{"pass", "enrolled", policy.WhySatisfied}},
		"R5: policy off, still enrolled":                          {person(policy.Off, true), verdictText{"code", "enrolled", policy.WhyEnrolled}},
		"A02: policy optional, still enrolled":                    {person(policy.Optional, true), verdictText{"code", "enrolled", policy.WhyEnrolled}},
		"C08: required, enrolment closed to passwords":            {person(policy.Required, false, closed), verdictText{"refuse", "tenant.second_factor", policy.WhyEnrolClosed}},
		"R13: a service user after the right password":            {person(policy.Off, false, func(f *policy.Facts) { f.User.Service = true }), verdictText{"refuse", "account", policy.WhyService}},
		"J01: a disabled user before the password":                {person(policy.Off, false, showing(), func(f *policy.Facts) { f.User.Disabled = true }), verdictText{"password", "baseline", policy.WhyFirstMissing}},
		"A09: a disabled user after the password":                 {person(policy.Off, false, func(f *policy.Facts) { f.User.Disabled = true }), verdictText{"refuse", "account", policy.WhyUser}},
		"A13: no policy":                                          {person(policy.Off, false, func(f *policy.Facts) { f.Policy = nil }), verdictText{"refuse", "fail_closed", policy.WhyPolicy}},
		"A10: step-up with a password where a code is at hand":    {person(policy.Optional, true, showing(password(fresh), code(stale, phone)), asking(policy.Demand{Fresh: true})), verdictText{"code", "step_up", policy.WhyStepUp}},
		"A10: step-up with an old password and nothing better":    {person(policy.Optional, false, showing(password(stale)), asking(policy.Demand{Fresh: true})), verdictText{"password", "step_up", policy.WhyStepUp}},
		"A10: step-up with a fresh code":                          {person(policy.Optional, true, showing(password(stale), code(fresh, phone)), asking(policy.Demand{Fresh: true})), verdictText{"pass", "enrolled", policy.WhySatisfied}},
		"a person adds a factor":                                  {person(policy.Optional, false, closed, asking(policy.Demand{Fresh: true, Enrol: true})), verdictText{"enrol", "person.enrol", policy.WhyPerson}},
		"an essential level is enrolled for":                      {person(policy.Optional, false, asking(aal2)), verdictText{"enrol", "client.acr", policy.WhyClientDemands}},
		"an essential level where enrolment is off":               {person(policy.Off, false, asking(aal2)), verdictText{"unmet", "client.acr", policy.WhyUnmet}},
		"a voluntary level where enrolment is off":                {person(policy.Off, false, asking(policy.Demand{Level: mfa.AAL2})), verdictText{"pass", "client.acr", policy.WhySatisfied}},
		"an essential level that no method reaches":               {person(policy.Required, true, showing(full...), methodsOf(mfa.TOTP), asking(essential(mfa.PhishingResistant))), verdictText{"unmet", "client.acr", policy.WhyUnmet}},
		"an essential level above what one has":                   {person(policy.Required, true, showing(full...), closed, asking(essential(mfa.PhishingResistant))), verdictText{"enrol", "client.acr", policy.WhyClientDemands}},
		"C08: a level in the request adds nothing on a password":  {person(policy.Optional, true, asking(essential(mfa.PhishingResistant))), verdictText{"code", "client.acr", policy.WhyClientDemands}},
		"C03: nor on a session that somebody left open":           {person(policy.Optional, true, within(sessions["live"]), asking(essential(mfa.PhishingResistant))), verdictText{"code", "client.acr", policy.WhyClientDemands}},
		"C03: nor the first one, on an old password":              {person(policy.Required, false, within(sessions["first"])), verdictText{"password", "tenant.second_factor", policy.WhyTenantRequires}},
		"a code of a removed authenticator":                       {person(policy.Required, true, showing(password(fresh), code(fresh, removed))), verdictText{"code", "enrolled", policy.WhyEnrolled}},
		"single sign-on":                                          {person(policy.Required, true, within(sessions["live"])), verdictText{"pass", "enrolled", policy.WhySatisfied}},
		"single sign-on after an hour of nothing":                 {person(policy.Required, true, within(sessions["idle"])), verdictText{"password", "baseline", policy.WhyFirstMissing}},
		"single sign-on after a day":                              {person(policy.Required, true, within(sessions["ended"])), verdictText{"password", "baseline", policy.WhyFirstMissing}},
		"prompt=login: a session does not count":                  {person(policy.Required, true, within(sessions["live"]), asking(policy.Demand{Since: now.Add(-stale)})), verdictText{"password", "baseline", policy.WhyFirstMissing}},
		"a refresh long after":                                    {person(policy.Required, true, showing(password(50*old), code(50*old, phone)), offline), verdictText{"pass", "enrolled", policy.WhySatisfied}},
		"a refresh after the tenant began to require":             {person(policy.Required, false, showing(password(50*old)), offline), verdictText{"unmet", "tenant.second_factor", policy.WhyUnmet}},
		"a refresh after the person enrolled":                     {person(policy.Optional, true, showing(password(50*old)), offline), verdictText{"code", "enrolled", policy.WhyEnrolled}},
		"a refresh after the authenticator was replaced":          {person(policy.Optional, true, showing(password(old), code(old, removed)), offline), verdictText{"code", "enrolled", policy.WhyEnrolled}},
		"a refresh after the person became a service user (odd)":  {person(policy.Off, false, offline, func(f *policy.Facts) { f.User.Service = true }), verdictText{"refuse", "account", policy.WhyService}},
		"a backup code instead of the app":                        {person(policy.Required, true, showing(password(fresh), backup(fresh))), verdictText{"pass", "enrolled", policy.WhySatisfied}},
		"a backup code without anything to stand in for":          {person(policy.Required, false, showing(password(fresh), backup(fresh))), verdictText{"enrol", "tenant.second_factor", policy.WhyTenantRequires}},
		"A10: a backup code is no step-up":                        {person(policy.Optional, true, showing(password(fresh), backup(fresh)), asking(policy.Demand{Fresh: true})), verdictText{"code", "step_up", policy.WhyStepUp}},
		"a backup code does not reach aal2":                       {person(policy.Optional, true, showing(password(fresh), backup(fresh)), asking(aal2)), verdictText{"code", "client.acr", policy.WhyClientDemands}},
		"a backup code reaches 2sv":                               {person(policy.Optional, true, showing(password(fresh), backup(fresh)), asking(essential(mfa.TwoStep))), verdictText{"pass", "enrolled", policy.WhySatisfied}},
		"a refresh long after a backup code":                      {person(policy.Required, true, showing(password(50*old), backup(50*old)), offline), verdictText{"pass", "enrolled", policy.WhySatisfied}},
		"a refresh after a backup code whose factor is gone":      {person(policy.Required, false, showing(password(old), backup(old)), offline), verdictText{"unmet", "tenant.second_factor", policy.WhyUnmet}},
		"a required level is reported although its rule shadowed": {person(policy.Required, false, closed, asking(policy.Demand{Level: mfa.PhishingResistant})), verdictText{"refuse", "tenant.second_factor", policy.WhyEnrolClosed}},
	} {
		if got := read(policy.Decide(c.facts)); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestBackupCodeIsOfferedLastAndOnlyWhereItHelps(t *testing.T) {
	t.Parallel()
	three := func(f *policy.Facts) { f.User.BackupCodes = 3 }
	for name, c := range map[string]struct {
		facts policy.Facts
		want  []mfa.Kind
	}{
		"beside the app":                  {person(policy.Optional, true, three), []mfa.Kind{mfa.TOTP, mfa.BackupCode}},
		"all used":                        {person(policy.Optional, true), []mfa.Kind{mfa.TOTP}},
		"for a level of two steps":        {person(policy.Optional, true, three, asking(policy.Demand{Level: mfa.TwoStep})), []mfa.Kind{mfa.TOTP, mfa.BackupCode}},
		"not for aal2":                    {person(policy.Optional, true, three, asking(policy.Demand{Level: mfa.AAL2})), []mfa.Kind{mfa.TOTP}},
		"A10: not where step-up is asked": {person(policy.Required, true, three, asking(policy.Demand{Fresh: true})), []mfa.Kind{mfa.TOTP}},
		"never to enrol":                  {person(policy.Required, false, three), []mfa.Kind{mfa.WebAuthn, mfa.TOTP}},
	} {
		if got := policy.Decide(c.facts).Offer; !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestAgesEndToTheSecond(t *testing.T) {
	t.Parallel()
	day, hour, ten := 24*time.Hour, time.Hour, 10*time.Minute
	session := func(started, seen time.Duration) func(*policy.Facts) {
		return within(&policy.Session{Started: now.Add(-started), Seen: now.Add(-seen), Proofs: []mfa.Proof{password(fresh)}})
	}
	for name, c := range map[string]struct {
		facts policy.Facts
		want  bool
	}{
		"session at its end":    {person(policy.Off, false, session(day, 0)), true},
		"session past its end":  {person(policy.Off, false, session(day+time.Second, 0)), false},
		"idle to the end":       {person(policy.Off, false, session(hour, hour)), true},
		"idle too long":         {person(policy.Off, false, session(hour+time.Second, hour+time.Second)), false},
		"proof at its end":      {person(policy.Off, false, showing(password(day))), true},
		"proof past its end":    {person(policy.Off, false, showing(password(day+time.Second))), false},
		"fresh to the end":      {person(policy.Off, false, showing(password(ten)), asking(policy.Demand{Fresh: true})), true},
		"no longer fresh":       {person(policy.Off, false, showing(password(ten+time.Second)), asking(policy.Demand{Fresh: true})), false},
		"since exactly":         {person(policy.Off, false, showing(password(ten)), asking(policy.Demand{Since: now.Add(-ten)})), true},
		"a second before since": {person(policy.Off, false, showing(password(ten+time.Second)), asking(policy.Demand{Since: now.Add(-ten)})), false},
	} {
		if got := policy.Decide(c.facts).Satisfied(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestNewestProofOfAKindIsTheOneThatCounts(t *testing.T) {
	t.Parallel()
	f := person(policy.Off, false, showing(password(stale), password(fresh), password(older)))
	d := policy.Decide(f)
	if len(d.Counted) != 1 || d.Counted[0] != password(fresh) || !d.AuthTime.Equal(now.Add(-fresh)) {
		t.Errorf("counted %v, authenticated %v", d.Counted, d.AuthTime)
	}
}
