package policy_test

import (
	"slices"
	"testing"

	"sallyport/mfa"
	"sallyport/mfa/policy"
)

func having(kinds ...mfa.Kind) func(*policy.Facts) {
	return func(f *policy.Facts) {
		f.User.Factors = nil
		for _, k := range kinds {
			f.User.Factors = append(f.User.Factors, mfa.Authenticator{ID: authenticators[k], Kind: k})
		}
	}
}

func codes(backup, access int) func(*policy.Facts) {
	return func(f *policy.Facts) { f.User.BackupCodes, f.User.AccessCodes = backup, access }
}

func forgetting(f *policy.Facts) { f.Policy.ForgetEnrolled = true }

func unconfirmed(f *policy.Facts) { f.User.EmailConfirmed = false }

type asked struct {
	verdictText
	offer []mfa.Kind
}

func ask(outcome, rule string, why policy.Why, offer ...mfa.Kind) asked {
	return asked{verdictText{outcome, rule, why}, offer}
}

func compare(t *testing.T, table map[string]struct {
	facts policy.Facts
	want  asked
}) {
	t.Helper()
	t.Parallel()
	for name, c := range table {
		d := policy.Decide(c.facts)
		if got := read(d); got != c.want.verdictText || !slices.Equal(d.Offer, c.want.offer) {
			t.Errorf("%s: %+v %v, want %+v", name, got, d.Offer, c.want)
		}
	}
}

func TestA02WhoEnrolledAnyKindIsAsked(t *testing.T) {
	const rule, why = "enrolled", policy.WhyEnrolled
	all := methodsOf(mfa.Kinds()...)
	compare(t, map[string]struct {
		facts policy.Facts
		want  asked
	}{
		"an app":                             {person(policy.Optional, true, all), ask("code", rule, why, mfa.TOTP)},
		"a key":                              {person(policy.Optional, true, all, having(mfa.WebAuthn)), ask("code", rule, why, mfa.WebAuthn)},
		"texts":                              {person(policy.Optional, true, all, having(mfa.SMS)), ask("code", rule, why, mfa.SMS)},
		"mail":                               {person(policy.Optional, true, all, having(mfa.Email)), ask("code", rule, why, mfa.Email)},
		"and backup codes":                   {person(policy.Optional, true, all, having(mfa.Email), codes(3, 0)), ask("code", rule, why, mfa.Email, mfa.BackupCode)},
		"and both kinds of codes":            {person(policy.Optional, true, all, having(mfa.SMS), codes(3, 1)), ask("code", rule, why, mfa.SMS, mfa.BackupCode, mfa.AccessCode)},
		"policy off":                         {person(policy.Off, true, all, having(mfa.Email)), ask("code", rule, why, mfa.Email)},
		"policy off, and forgotten":          {person(policy.Off, true, all, forgetting), ask("pass", "baseline", policy.WhySatisfied)},
		"forgotten, but policy on":           {person(policy.Optional, true, all, forgetting), ask("code", rule, why, mfa.TOTP)},
		"forgotten, but a step-up":           {person(policy.Off, true, all, forgetting, asking(policy.Demand{Fresh: true})), ask("code", "step_up", policy.WhyStepUp, mfa.TOTP)},
		"an access code instead":             {person(policy.Required, true, all, showing(password(fresh), access(fresh))), ask("pass", rule, policy.WhySatisfied)},
		"a code of another person's":         {person(policy.Optional, true, all, having(mfa.SMS), showing(password(fresh), code(fresh, number))), ask("code", rule, why, mfa.SMS)},
		"one kind under the name of another": {person(policy.Optional, true, all, showing(password(fresh), mfa.Proof{Kind: mfa.SMS, At: now, Factor: phone})), ask("code", rule, why, mfa.TOTP)},
		"a touched key and a password":       {person(policy.Optional, true, all, having(mfa.WebAuthn), showing(password(fresh), touched(fresh))), ask("pass", rule, policy.WhySatisfied)},
	})
}

func TestA12DisabledKindIsNeitherOfferedNorCounted(t *testing.T) {
	const enrolled, required = "enrolled", "tenant.second_factor"
	keys := methodsOf(mfa.WebAuthn)
	full := showing(password(fresh), code(fresh, phone))
	compare(t, map[string]struct {
		facts policy.Facts
		want  asked
	}{
		"beside a permitted one":                     {person(policy.Required, true, keys, having(mfa.TOTP, mfa.WebAuthn)), ask("code", enrolled, policy.WhyEnrolled, mfa.WebAuthn)},
		"beside a permitted one, policy off":         {person(policy.Off, true, keys, having(mfa.TOTP, mfa.WebAuthn)), ask("code", enrolled, policy.WhyEnrolled, mfa.WebAuthn)},
		"R5: the only one, policy off":               {person(policy.Off, true, keys), ask("code", enrolled, policy.WhyEnrolled, mfa.TOTP)},
		"R5: the only one, off, no methods at all":   {person(policy.Off, true, methodsOf()), ask("code", enrolled, policy.WhyEnrolled, mfa.TOTP)},
		"the only one, policy off, shown":            {person(policy.Off, true, keys, full), ask("pass", enrolled, policy.WhySatisfied)},
		"the only one, required":                     {person(policy.Required, true, keys), ask("enrol", enrolled, policy.WhyEnrolled, mfa.WebAuthn)},
		"the only one, optional":                     {person(policy.Optional, true, keys), ask("enrol", enrolled, policy.WhyEnrolled, mfa.WebAuthn)},
		"C08: the only one, required, closed":        {person(policy.Required, true, keys, closed), ask("refuse", enrolled, policy.WhyEnrolClosed)},
		"the only one, closed, but shown before":     {person(policy.Required, true, keys, closed, full), ask("enrol", enrolled, policy.WhyEnrolled, mfa.WebAuthn)},
		"the only one, closed, a code that is left":  {person(policy.Required, true, keys, closed, codes(3, 0)), ask("code", enrolled, policy.WhyEnrolled, mfa.BackupCode)},
		"the only one, closed, and that code shown":  {person(policy.Required, true, keys, closed, showing(password(fresh), backup(fresh))), ask("enrol", enrolled, policy.WhyEnrolled, mfa.WebAuthn)},
		"the only one, and a level asked for":        {person(policy.Off, true, keys, asking(essential(mfa.AAL2))), ask("code", "client.acr", policy.WhyClientDemands, mfa.TOTP)},
		"the only one, and a step-up":                {person(policy.Required, true, keys, full, asking(policy.Demand{Fresh: true})), ask("enrol", enrolled, policy.WhyEnrolled, mfa.WebAuthn)},
		"the only one, and a step-up in an old hour": {person(policy.Required, true, keys, within(sessions["live"]), asking(policy.Demand{Fresh: true})), ask("password", enrolled, policy.WhyEnrolled)},
		"a refresh":                              {person(policy.Required, true, keys, full, offline), ask("unmet", enrolled, policy.WhyUnmet)},
		"a passkey begins nothing":               {person(policy.Optional, true, methodsOf(mfa.TOTP), having(mfa.WebAuthn), showing(passkey(fresh))), ask("password", "baseline", policy.WhyFirstMissing)},
		"a passkey, policy off and nothing else": {person(policy.Off, true, methodsOf(mfa.TOTP), having(mfa.WebAuthn), showing(passkey(fresh))), ask("pass", enrolled, policy.WhySatisfied)},
		"a person adds what is permitted":        {person(policy.Optional, false, keys, asking(policy.Demand{Fresh: true, Enrol: true})), ask("enrol", "person.enrol", policy.WhyPerson, mfa.WebAuthn)},
	})
}

// The mailbox resets the password: a code by mail beside such a password is the same proof twice.
func TestCodeByMailCountsBesideAnotherProofOnly(t *testing.T) {
	const rule, why = "enrolled", policy.WhyEnrolled
	mails, mixed := methodsOf(mfa.Email), methodsOf(mfa.Email, mfa.TOTP, mfa.WebAuthn)
	only, reset := having(mfa.Email), showing(tainted(fresh))
	freshly := asking(policy.Demand{Fresh: true})
	compare(t, map[string]struct {
		facts policy.Facts
		want  asked
	}{
		"shown":                                {person(policy.Required, true, mails, only, showing(password(fresh), mail(fresh))), ask("pass", rule, policy.WhySatisfied)},
		"never aal2":                           {person(policy.Optional, true, mixed, only, showing(password(fresh), mail(fresh)), asking(essential(mfa.AAL2))), ask("enrol", "client.acr", policy.WhyClientDemands, mfa.TOTP, mfa.WebAuthn)},
		"after a reset":                        {person(policy.Optional, true, mixed, only, reset), ask("refuse", rule, policy.WhyMailbox)},
		"after a reset, policy off":            {person(policy.Off, true, mixed, only, reset), ask("refuse", rule, policy.WhyMailbox)},
		"after a reset, required":              {person(policy.Required, true, mails, only, reset), ask("refuse", rule, policy.WhyMailbox)},
		"after a reset, shown all the same":    {person(policy.Optional, true, mixed, only, showing(tainted(fresh), mail(fresh))), ask("refuse", rule, policy.WhyMailbox)},
		"after a reset, beside an app":         {person(policy.Optional, true, mixed, having(mfa.Email, mfa.TOTP), reset), ask("code", rule, why, mfa.TOTP)},
		"after a reset, with backup codes":     {person(policy.Optional, true, mixed, only, reset, codes(2, 0)), ask("code", rule, why, mfa.BackupCode)},
		"after a reset, with an access code":   {person(policy.Required, true, mails, only, reset, codes(0, 1)), ask("code", rule, why, mfa.AccessCode)},
		"after a reset, that code shown":       {person(policy.Required, true, mails, only, showing(tainted(fresh), access(fresh))), ask("pass", rule, policy.WhySatisfied)},
		"after a reset, nothing to step up":    {person(policy.Optional, true, mixed, only, reset, freshly), ask("refuse", rule, policy.WhyMailbox)},
		"nor with a code from before":          {person(policy.Optional, true, mixed, only, freshly, showing(tainted(fresh), backup(fresh))), ask("refuse", "step_up", policy.WhyMailbox)},
		"after a reset, with a passkey beside": {person(policy.Optional, true, mixed, having(mfa.Email, mfa.WebAuthn), showing(tainted(fresh), passkey(fresh), mail(fresh))), ask("pass", rule, policy.WhySatisfied)},
		"unconfirmed":                          {person(policy.Optional, true, mixed, only, unconfirmed), ask("refuse", rule, policy.WhyMailbox)},
		"unconfirmed, nothing else to enrol":   {person(policy.Required, false, mails, unconfirmed), ask("refuse", "tenant.second_factor", policy.WhyMailbox)},
		"unconfirmed, another to enrol":        {person(policy.Required, false, mixed, unconfirmed), ask("enrol", "tenant.second_factor", policy.WhyTenantRequires, mfa.TOTP, mfa.WebAuthn)},
		"one mailbox is one factor":            {person(policy.Optional, true, mails, only, showing(password(fresh), mail(fresh)), asking(policy.Demand{Fresh: true, Enrol: true})), ask("unmet", "person.enrol", policy.WhyUnmet)},
	})
}

func TestA10StepUpTakesTheBestThereIs(t *testing.T) {
	const rule, why = "step_up", policy.WhyStepUp
	all, freshly := methodsOf(mfa.Kinds()...), asking(policy.Demand{Fresh: true})
	compare(t, map[string]struct {
		facts policy.Facts
		want  asked
	}{
		"mail, from those who have nothing else": {person(policy.Optional, true, all, freshly, having(mfa.Email), showing(password(fresh), mail(fresh))), ask("pass", "enrolled", policy.WhySatisfied)},
		"no mail from those who have an app":     {person(policy.Optional, true, all, freshly, having(mfa.Email, mfa.TOTP), showing(password(fresh), mail(fresh))), ask("code", rule, why, mfa.TOTP)},
		"an app from those who have a key":       {person(policy.Optional, true, all, freshly, having(mfa.WebAuthn, mfa.TOTP), showing(password(fresh), code(fresh, phone))), ask("pass", "enrolled", policy.WhySatisfied)},
		"no access code":                         {person(policy.Optional, true, all, freshly, codes(2, 2), showing(password(fresh), access(fresh))), ask("code", rule, why, mfa.TOTP)},
		"no trusted device":                      {person(policy.Optional, true, all, freshly, trusting, showing(password(fresh), device(fresh, 7))), ask("code", "enrolled", policy.WhyEnrolled, mfa.TOTP)},
		"no old code":                            {person(policy.Optional, true, all, freshly, showing(password(fresh), code(stale, phone))), ask("code", rule, why, mfa.TOTP)},
		"no delay beside an old password":        {person(policy.Required, false, all, freshly, waiting(3), showing(password(stale), skipped(fresh))), ask("password", rule, why)},
	})
}

func TestC08AccessCodeOpensTheDoorToEnrolment(t *testing.T) {
	const rule, why = "tenant.second_factor", policy.WhyTenantRequires
	issued, shownCode := codes(0, 1), showing(password(fresh), access(fresh))
	compare(t, map[string]struct {
		facts policy.Facts
		want  asked
	}{
		"closed, none issued":               {person(policy.Required, false, closed), ask("refuse", rule, policy.WhyEnrolClosed)},
		"closed, issued":                    {person(policy.Required, false, closed, issued), ask("code", rule, why, mfa.AccessCode)},
		"closed, shown":                     {person(policy.Required, false, closed, shownCode), ask("enrol", rule, why, mfa.WebAuthn, mfa.TOTP)},
		"open, issued":                      {person(policy.Required, false, issued), ask("code", rule, why, mfa.AccessCode)},
		"open, shown, more are left":        {person(policy.Required, false, issued, shownCode), ask("enrol", rule, why, mfa.WebAuthn, mfa.TOTP)},
		"who comes to add a factor adds it": {person(policy.Optional, false, issued, asking(policy.Demand{Fresh: true, Enrol: true})), ask("enrol", "person.enrol", policy.WhyPerson, mfa.WebAuthn, mfa.TOTP)},
		"a rule, issued":                    {person(policy.Off, false, closed, issued, ruled(policy.Rule{Level: "phr"})), ask("code", "rule:test", policy.WhyRule, mfa.AccessCode)},
		"a rule, shown":                     {person(policy.Off, false, closed, shownCode, ruled(policy.Rule{Level: "2sv"})), ask("enrol", "rule:test", policy.WhyRule, mfa.WebAuthn, mfa.TOTP)},
		"nothing demanded":                  {person(policy.Optional, false, issued), ask("pass", "baseline", policy.WhySatisfied)},
		"an application, two steps":         {person(policy.Optional, false, shownCode, asking(essential(mfa.TwoStep))), ask("pass", "client.acr", policy.WhySatisfied)},
		"an application, aal2":              {person(policy.Optional, false, closed, shownCode, asking(essential(mfa.AAL2))), ask("enrol", "client.acr", policy.WhyClientDemands, mfa.WebAuthn, mfa.TOTP)},
		"whoever has a factor is in":        {person(policy.Required, true, closed, shownCode), ask("pass", "enrolled", policy.WhySatisfied)},
		"a refresh, nothing enrolled":       {person(policy.Required, false, shownCode, offline), ask("unmet", rule, policy.WhyUnmet)},
		"no code instead of a backup":       {person(policy.Required, false, closed, codes(5, 0)), ask("refuse", rule, policy.WhyEnrolClosed)},
		"before the date for enrolment":     {person(policy.Required, false, closed, due(fresh)), ask("enrol", rule, why, mfa.WebAuthn, mfa.TOTP)},
		"after it":                          {person(policy.Required, false, closed, due(-fresh)), ask("refuse", rule, policy.WhyEnrolClosed)},
		"skips open nothing":                {person(policy.Required, false, closed, waiting(3)), ask("refuse", rule, policy.WhyEnrolClosed)},
	})
}
