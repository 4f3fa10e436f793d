package policy_test

import (
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

// due sets the tenant's date for enrolment, met the first one that the person saw.
func due(in time.Duration) func(*policy.Facts) {
	return func(f *policy.Facts) { f.Policy.EnrolUntil = now.Add(in) }
}

func met(in time.Duration) func(*policy.Facts) {
	first := now.Add(in)
	return func(f *policy.Facts) { f.User.EnrolUntil = &first }
}

func waiting(skips int) func(*policy.Facts) {
	return func(f *policy.Facts) { f.Policy.EnrolSkips = skips }
}

func used(skips int) func(*policy.Facts) { return func(f *policy.Facts) { f.User.Skips = skips } }

func TestEnrolmentCanBePutOffWhileTheWindowIsOpen(t *testing.T) {
	t.Parallel()
	freshly := asking(policy.Demand{Fresh: true})
	for name, c := range map[string]struct {
		facts policy.Facts
		want  *policy.Window
	}{
		"no window":                         {person(policy.Required, false), nil},
		"a date":                            {person(policy.Required, false, due(time.Hour)), &policy.Window{Until: now.Add(time.Hour)}},
		"a date that is over":               {person(policy.Required, false, due(0)), nil},
		"the first date met is the last":    {person(policy.Required, false, due(time.Hour), met(time.Minute)), &policy.Window{Until: now.Add(time.Minute)}},
		"and over when it is":               {person(policy.Required, false, due(time.Hour), met(-time.Minute)), nil},
		"a later date met renews nothing":   {person(policy.Required, false, due(time.Minute), met(time.Hour)), &policy.Window{Until: now.Add(time.Minute)}},
		"no date any more":                  {person(policy.Required, false, met(time.Hour)), nil},
		"skips":                             {person(policy.Required, false, waiting(3)), &policy.Window{Left: 3}},
		"the last skip":                     {person(policy.Required, false, waiting(3), used(2)), &policy.Window{Left: 1}},
		"all used":                          {person(policy.Required, false, waiting(3), used(3)), nil},
		"more used than there are":          {person(policy.Required, false, waiting(3), used(9)), nil},
		"skips after the date":              {person(policy.Required, false, waiting(3), due(-fresh)), &policy.Window{Left: 3}},
		"a rule of two steps":               {person(policy.Optional, false, waiting(3), ruled(policy.Rule{Level: "2sv"})), &policy.Window{Left: 3}},
		"a rule of more":                    {person(policy.Required, false, waiting(3), ruled(policy.Rule{Level: "aal2"})), nil},
		"an application's demand":           {person(policy.Optional, false, waiting(3), asking(essential(mfa.TwoStep))), nil},
		"an application's and the tenant's": {person(policy.Required, false, waiting(3), asking(essential(mfa.TwoStep))), nil},
		"who came to enrol":                 {person(policy.Required, false, waiting(3), asking(policy.Demand{Fresh: true, Enrol: true})), nil},
		"who steps up with a password":      {person(policy.Required, false, waiting(3), freshly), &policy.Window{Left: 3}},
		"who is asked for a factor":         {person(policy.Required, true, waiting(3)), nil},
		"whose factor is disabled":          {person(policy.Required, true, waiting(3), methodsOf(mfa.WebAuthn)), nil},
		"before the password":               {person(policy.Required, false, waiting(3), showing()), nil},
	} {
		d := policy.Decide(c.facts)
		if (d.Skip == nil) != (c.want == nil) || d.Skip != nil && *d.Skip != *c.want || d.Satisfied() {
			t.Errorf("%s: %+v (%+v), want %+v", name, d.Skip, d, c.want)
		}
	}
}

func TestEnrolmentPutOffHoldsAsLongAsItsWindow(t *testing.T) {
	put := showing(password(fresh), skipped(fresh))
	const rule, why = "tenant.second_factor", policy.WhyTenantRequires
	enrol := ask("enrol", rule, why, mfa.WebAuthn, mfa.TOTP)
	in := ask("pass", "baseline", policy.WhySatisfied)
	compare(t, map[string]struct {
		facts policy.Facts
		want  asked
	}{
		"before the date":                  {person(policy.Required, false, put, due(time.Hour)), in},
		"at the date":                      {person(policy.Required, false, put, due(0)), enrol},
		"the person's date is over":        {person(policy.Required, false, put, due(time.Hour), met(0)), enrol},
		"paid with the last skip":          {person(policy.Required, false, put, waiting(3), used(3)), in},
		"the tenant took the skips back":   {person(policy.Required, false, put, used(1)), enrol},
		"in the session":                   {person(policy.Required, false, within(session(password(older), skipped(older))), waiting(3)), in},
		"a session of an hour ago":         {person(policy.Required, false, within(session(password(older))), waiting(3)), ask("password", rule, why)},
		"prompt=login asks anew":           {person(policy.Required, false, showing(password(fresh), skipped(older)), waiting(3), asking(policy.Demand{Since: since})), enrol},
		"a rule of two steps":              {person(policy.Off, false, put, waiting(3), ruled(policy.Rule{Level: "2sv"})), in},
		"a rule of more":                   {person(policy.Off, false, put, waiting(3), ruled(policy.Rule{Level: "aal2"})), ask("enrol", "rule:test", policy.WhyRule, mfa.WebAuthn, mfa.TOTP)},
		"an application's demand":          {person(policy.Required, false, put, waiting(3), asking(essential(mfa.TwoStep))), ask("enrol", "client.acr", policy.WhyClientDemands, mfa.WebAuthn, mfa.TOTP)},
		"a refresh before the date":        {person(policy.Required, false, put, due(time.Hour), offline), in},
		"a refresh after the date":         {person(policy.Required, false, put, due(0), offline), ask("unmet", rule, policy.WhyUnmet)},
		"a refresh after a skip":           {person(policy.Required, false, put, waiting(3), used(3), offline), in},
		"a refresh after having enrolled":  {person(policy.Required, true, put, waiting(3), offline), ask("code", "enrolled", policy.WhyEnrolled, mfa.TOTP)},
		"nothing is put off with a factor": {person(policy.Required, true, put, waiting(3)), ask("code", "enrolled", policy.WhyEnrolled, mfa.TOTP)},
		"a delay is no first proof":        {person(policy.Required, false, showing(skipped(fresh)), waiting(3)), ask("password", "baseline", policy.WhyFirstMissing)},
	})
}

func session(proofs ...mfa.Proof) *policy.Session {
	return &policy.Session{Started: now.Add(-older), Seen: now.Add(-fresh), Proofs: proofs}
}

func trusting(f *policy.Facts) {
	f.Policy.TrustedDevice, f.Policy.Version = 30*24*3600, 7
}

func TestD05TrustedDeviceSparesTheUsualSignInOnly(t *testing.T) {
	known := showing(password(fresh), device(fresh, 7))
	const rule, why = "enrolled", policy.WhyEnrolled
	in, app := ask("pass", "baseline", policy.WhySatisfied), ask("code", rule, why, mfa.TOTP)
	compare(t, map[string]struct {
		facts policy.Facts
		want  asked
	}{
		"optional":                       {person(policy.Optional, true, trusting, known), in},
		"required":                       {person(policy.Required, true, trusting, known), in},
		"a rule of two steps":            {person(policy.Required, true, trusting, known, ruled(policy.Rule{Level: "2sv"})), in},
		"a rule of more":                 {person(policy.Required, true, trusting, known, ruled(policy.Rule{Level: "aal2"})), ask("code", "rule:test", policy.WhyRule, mfa.TOTP)},
		"the policy trusts none":         {person(policy.Required, true, known), app},
		"the policy has changed":         {person(policy.Required, true, trusting, showing(password(fresh), device(fresh, 6))), app},
		"without a password":             {person(policy.Required, true, trusting, showing(device(fresh, 7))), ask("password", "baseline", policy.WhyFirstMissing)},
		"an administrator":               {person(policy.Required, true, trusting, known, role("admin")), app},
		"an owner":                       {person(policy.Required, true, trusting, known, role("owner")), app},
		"nobody knows who":               {person(policy.Required, true, trusting, known, role("")), app},
		"prompt=login":                   {person(policy.Required, true, trusting, known, asking(policy.Demand{Since: since})), app},
		"acr":                            {person(policy.Required, true, trusting, known, asking(essential(mfa.TwoStep))), ask("code", "client.acr", policy.WhyClientDemands, mfa.TOTP)},
		"acr, voluntary":                 {person(policy.Required, true, trusting, known, asking(voluntary(mfa.AAL2))), ask("code", "client.acr", policy.WhyClientDemands, mfa.TOTP)},
		"a change of factors":            {person(policy.Required, true, trusting, known, asking(policy.Demand{Fresh: true})), app},
		"a new factor":                   {person(policy.Required, true, trusting, known, asking(policy.Demand{Enrol: true})), app},
		"after the factors were reset":   {person(policy.Required, false, trusting, known), ask("enrol", "tenant.second_factor", policy.WhyTenantRequires, mfa.WebAuthn, mfa.TOTP)},
		"in the session":                 {person(policy.Required, true, trusting, within(session(password(older), device(older, 7)))), in},
		"a day later":                    {person(policy.Required, true, trusting, showing(password(fresh), device(old, 7))), app},
		"a refresh":                      {person(policy.Required, true, trusting, showing(password(old), device(old, 7)), offline), in},
		"a refresh after a change of it": {person(policy.Required, true, trusting, showing(password(old), device(old, 6)), offline), app},
	})
}

func TestD05OnlyPasswordAndFactorTogetherMakeABrowserTrusted(t *testing.T) {
	t.Parallel()
	full := showing(password(fresh), code(fresh, phone))
	for name, c := range map[string]struct {
		facts policy.Facts
		want  bool
	}{
		"both shown":                   {person(policy.Required, true, trusting, full), true},
		"a key beside a password":      {person(policy.Required, true, trusting, having(mfa.WebAuthn), showing(password(fresh), touched(fresh))), true},
		"the policy trusts none":       {person(policy.Required, true, full), false},
		"the password alone":           {person(policy.Optional, false, trusting), false},
		"still to be shown":            {person(policy.Optional, true, trusting), false},
		"a backup code":                {person(policy.Required, true, trusting, showing(password(fresh), backup(fresh))), false},
		"an access code":               {person(policy.Required, true, trusting, showing(password(fresh), access(fresh))), false},
		"an access code, then the app": {person(policy.Required, true, trusting, showing(password(fresh), access(fresh), code(fresh, phone))), false},
		"enrolment put off":            {person(policy.Required, false, trusting, waiting(3), showing(password(fresh), skipped(fresh))), false},
		"a trusted device":             {person(policy.Required, true, trusting, showing(password(fresh), device(fresh, 7))), false},
		"a passkey":                    {person(policy.Required, true, trusting, having(mfa.WebAuthn), showing(passkey(fresh))), false},
		"an earlier sign-in":           {person(policy.Required, true, trusting, within(both)), false},
		"half an earlier sign-in":      {person(policy.Required, true, trusting, within(session(password(older))), showing(code(fresh, phone))), false},
		"an administrator":             {person(policy.Required, true, trusting, full, role("admin")), false},
		"a change of factors":          {person(policy.Required, true, trusting, full, asking(policy.Demand{Fresh: true})), false},
		"a refresh":                    {person(policy.Required, true, trusting, full, offline), false},
		"a removed authenticator":      {person(policy.Required, true, trusting, showing(password(fresh), code(fresh, removed))), false},
	} {
		if d := policy.Decide(c.facts); d.MayTrust != c.want {
			t.Errorf("%s: %v (%+v)", name, d.MayTrust, d)
		}
	}
}

func TestWaivedRulesAreNamed(t *testing.T) {
	t.Parallel()
	f := person(policy.Required, true, trusting, showing(password(fresh), device(fresh, 7)), ruled(policy.Rule{Level: "2sv"}))
	f.User.ID = id.NewUser()
	if d := policy.Decide(f); len(d.Waived) != 3 || len(d.Shadowed) != 0 || d.Required != mfa.OneFactor || d.Reached != mfa.OneFactor {
		t.Errorf("%+v", d)
	}
}
