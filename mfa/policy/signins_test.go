package policy_test

import (
	"slices"
	"testing"
	"time"

	"sallyport/mfa"
	"sallyport/mfa/policy"
	"sallyport/storage/id"
)

// upstream is a sign-in at a connection that long ago; what it says is in u.
func upstream(at id.Connection, ago time.Duration, u mfa.Upstream) mfa.Proof {
	u.Connection = at
	for _, i := range identities {
		if i.Connection == at {
			u.Identity = i.ID
		}
	}
	return mfa.Proof{Kind: mfa.Federated, At: now.Add(-ago), Upstream: u}
}

// proved says "mfa", seen that long ago.
func proved(ago time.Duration) mfa.Upstream {
	return mfa.Upstream{AMR: "pwd mfa", Time: now.Add(-ago)}
}

func linked(f *policy.Facts) { f.User.Identities = identities }

// exempting is the stand of the usual policy: entra by good evidence, google trusted, no word of okta.
func exempting(f *policy.Facts) {
	linked(f)
	f.Policy.Exemptions = slices.Clone(stands)
}

func stance(mode policy.Exempt) func(*policy.Facts) {
	return func(f *policy.Facts) { f.Policy.Exemptions[0].Mode = mode }
}

func TestFederatedSignInsByName(t *testing.T) {
	t.Parallel()
	good, twice := upstream(entra, fresh, proved(fresh)), upstream(entra, fresh, mfa.Upstream{AMR: "pwd", Asked: true})
	trusted, plain := upstream(google, fresh, mfa.Upstream{AMR: "pwd"}), upstream(entra, fresh, mfa.Upstream{AMR: "pwd"})
	here := upstream(okta, fresh, proved(fresh))
	claims := func(u mfa.Upstream) func(*policy.Facts) { return showing(upstream(entra, fresh, u)) }
	ago := now.Add(-fresh)
	asksNow := func(f *policy.Facts) { f.Demand.Since = now.Add(-5 * time.Minute) }
	rule := func(level string) func(*policy.Facts) { return ruled(policy.Rule{Level: level}) }
	for name, c := range map[string]struct {
		tenant   policy.Mode
		enrolled bool
		change   []func(*policy.Facts)
		want     string
	}{
		"R4: the requirement does not touch a trusted connection":      {policy.Required, false, after(showing(trusted)), "pass"},
		"R4: but those who sign in with a password":                    {policy.Required, false, after(showing(password(fresh))), "enrol"},
		"R4: and those of another connection":                          {policy.Required, false, after(showing(here)), "enrol"},
		"R22: skip spares whoever has a factor":                        {policy.Required, true, after(showing(trusted)), "pass"},
		"R22: skip spares a rule of two steps":                         {policy.Off, true, after(showing(trusted), rule("2sv")), "pass"},
		"R22: skip spares no rule of aal2":                             {policy.Off, true, after(showing(trusted), rule("aal2")), "code"},
		"R22: skip spares no rule of phr":                              {policy.Off, true, after(showing(trusted), rule("phr")), "code"},
		"R22: skip spares no client's demand of two steps":             {policy.Off, true, after(showing(trusted), asking(essential(mfa.TwoStep))), "code"},
		"R22: nor a wish":                                              {policy.Off, true, after(showing(trusted), asking(voluntary(mfa.AAL2))), "code"},
		"A10: skip is no step-up":                                      {policy.Off, true, after(showing(trusted), asking(policy.Demand{Fresh: true})), "code"},
		"A10: skip without a time is no step-up of who has no factor":  {policy.Off, false, after(showing(trusted), asking(policy.Demand{Fresh: true})), "password"},
		"R22: skip is of the policy of today":                          {policy.Required, true, after(showing(trusted), func(f *policy.Facts) { f.Policy.Exemptions = nil }), "code"},
		"R22: skip holds in the session":                               {policy.Required, true, after(within(session(trusted))), "pass"},
		"R22: evidence spares the factor":                              {policy.Required, true, after(showing(good)), "pass"},
		"R22: evidence meets a client's demand":                        {policy.Off, false, after(showing(good), asking(essential(mfa.AAL2))), "pass"},
		"R22: evidence meets a rule":                                   {policy.Off, false, after(showing(good), rule("aal2")), "pass"},
		"A10: evidence is no step-up of who has a factor":              {policy.Off, true, after(showing(good), asking(policy.Demand{Fresh: true})), "code"},
		"A10: a fresh sign-in is one of who has none":                  {policy.Off, false, after(showing(good), asking(policy.Demand{Fresh: true})), "pass"},
		"R22: what is missing is asked for upstream":                   {policy.Required, true, after(showing(plain)), "upstream"},
		"R22: once, then here":                                         {policy.Required, true, after(showing(twice)), "code"},
		"R22: once, whatever was shown after it":                       {policy.Required, true, after(showing(twice, plain)), "code"},
		"R22: and not again when the provider failed":                  {policy.Required, true, after(showing(plain), func(f *policy.Facts) { f.Asked = true }), "code"},
		"R22: an earlier sign-in may have asked as well":               {policy.Off, true, after(within(session(twice))), "upstream"},
		"R22: a level that no evidence reaches is not asked for":       {policy.Optional, true, after(showing(plain), asking(essential(mfa.PhishingResistant)), func(f *policy.Facts) { f.Policy.Exemptions[0].Evidence = graded[1:] }), "code"},
		"R22: a wish asks upstream before it falls away":               {policy.Off, false, after(showing(plain), closed, asking(voluntary(mfa.PhishingResistant))), "upstream"},
		"R22: and falls away after":                                    {policy.Off, false, after(showing(twice), closed, asking(voluntary(mfa.PhishingResistant))), "pass"},
		"R22: local asks here":                                         {policy.Required, true, after(showing(good), stance(policy.Local)), "code"},
		"R22: a connection that is not mentioned is local":             {policy.Required, true, after(showing(here)), "code"},
		"R22: a refresh hears the policy of today":                     {policy.Required, true, after(showing(good), offline, stance(policy.Local)), "code"},
		"R22: a refresh long after rests on the evidence of then":      {policy.Required, true, after(showing(upstream(entra, 50*old, proved(50*old))), offline), "pass"},
		"R22: a refresh asks nobody upstream":                          {policy.Required, true, after(showing(plain), offline), "code"},
		"R22: a refresh after the accepted grade rose":                 {policy.Required, true, after(showing(good), offline, func(f *policy.Facts) { f.Policy.Exemptions[0].Accept = mfa.GradeStrong }), "code"},
		"G06: who was unlinked has proven nothing":                     {policy.Off, false, after(showing(good), func(f *policy.Facts) { f.User.Identities = identities[1:] }), "password"},
		"G06: nor at a refresh":                                        {policy.Off, false, after(showing(good), offline, func(f *policy.Facts) { f.User.Identities = nil }), "password"},
		"G06: an identity of another connection is another":            {policy.Off, false, after(claims(mfa.Upstream{}), func(f *policy.Facts) { f.User.Identities = []policy.Identity{{ID: kariAtEntra, Connection: google}} }), "password"},
		"G06: a connection that was left":                              {policy.Off, false, after(showing(upstream(left, fresh, proved(fresh)))), "password"},
		"G04: evidence of a connection that is not believed":           {policy.Required, true, after(showing(here)), "code"},
		"G04: evidence that is stale":                                  {policy.Required, true, after(claims(mfa.Upstream{AMR: "pwd mfa", Time: now.Add(-11*time.Minute - fresh), Asked: true})), "code"},
		"G04: evidence at its age":                                     {policy.Required, true, after(claims(mfa.Upstream{AMR: "pwd mfa", Time: now.Add(-10*time.Minute - fresh)})), "pass"},
		"G04: evidence of no known age":                                {policy.Required, true, after(claims(mfa.Upstream{AMR: "pwd mfa", Asked: true})), "code"},
		"G04: evidence from the future":                                {policy.Required, true, after(claims(mfa.Upstream{AMR: "pwd mfa", Time: now.Add(time.Hour), Asked: true})), "code"},
		"G04: a clock half a minute ahead is believed":                 {policy.Required, true, after(claims(mfa.Upstream{AMR: "pwd mfa", Time: ago.Add(30 * time.Second)})), "pass"},
		"G04: and a second more is not":                                {policy.Required, true, after(claims(mfa.Upstream{AMR: "pwd mfa", Time: ago.Add(31 * time.Second), Asked: true})), "code"},
		"G04: a part of a word":                                        {policy.Required, true, after(claims(mfa.Upstream{AMR: "nomfa mfa2 MFA", Time: ago, Asked: true})), "code"},
		"G04: the word in another claim":                               {policy.Required, true, after(claims(mfa.Upstream{ACR: "mfa", ACRS: "mfa", Time: ago, Asked: true})), "code"},
		"G04: a context that nobody protects":                          {policy.Required, true, after(claims(mfa.Upstream{AMR: "pwd", ACRS: "c1", Time: ago, Asked: true})), "code"},
		"G04: a grade and level that came with the proof":              {policy.Required, true, after(claims(mfa.Upstream{AMR: "pwd", Time: ago, Asked: true, Grade: mfa.GradeStrong, Level: mfa.PhishingResistant})), "code"},
		"G04: a password that says it came from upstream":              {policy.Required, true, after(showing(mfa.Proof{Kind: mfa.Password, At: ago, Upstream: trusted.Upstream})), "code"},
		"G04: prompt=login that the provider passed over":              {policy.Off, false, after(claims(mfa.Upstream{Time: now.Add(-time.Hour), Reauth: true}), asksNow), "password"},
		"G04: prompt=login that was not passed on":                     {policy.Off, false, after(claims(mfa.Upstream{}), asksNow), "password"},
		"G04: prompt=login, and the provider tells no time":            {policy.Off, false, after(claims(mfa.Upstream{Reauth: true}), asksNow), "pass"},
		"G04: prompt=login, and the provider tells a time to come":     {policy.Off, false, after(claims(mfa.Upstream{Reauth: true, Time: now.Add(24 * time.Hour)}), asksNow), "password"},
		"G04: a time to come makes no step-up":                         {policy.Off, false, after(showing(upstream(entra, older, mfa.Upstream{Time: now.Add(99 * time.Hour)})), asking(policy.Demand{Fresh: true})), "password"},
		"G04: trust does not stand in for prompt=login":                {policy.Off, false, after(showing(trusted), asksNow), "password"},
		"worse evidence later takes nothing away":                      {policy.Required, true, after(within(session(upstream(entra, older, proved(older)))), func(f *policy.Facts) { f.Proofs = []mfa.Proof{twice} }), "pass"},
		"a redirect later makes no fresh sign-in stale":                {policy.Off, false, after(showing(upstream(entra, 2*time.Minute, mfa.Upstream{Reauth: true}), upstream(entra, fresh, mfa.Upstream{Asked: true})), asking(policy.Demand{Fresh: true})), "pass"},
		"C03: a redirect that came straight back enrols nobody":        {policy.Required, false, after(showing(here, upstream(okta, 0, mfa.Upstream{Time: now.Add(-time.Hour)})), func(f *policy.Facts) { f.Proofs = f.Proofs[1:] }), "password"},
		"C03: a sign-in just now does":                                 {policy.Required, false, after(showing(upstream(okta, 0, proved(fresh)))), "enrol"},
		"C03: evidence adds nothing to the factors there are":          {policy.Off, true, after(showing(good), asking(policy.Demand{Enrol: true, Fresh: true})), "code"},
		"a passkey that was disabled counts beside a sign-in upstream": {policy.Off, true, after(having(mfa.WebAuthn), methodsOf(mfa.TOTP), showing(here, touched(fresh))), "pass"},
		"mail: the sign-in upstream reads the mailbox":                 {policy.Required, true, after(methodsOf(mfa.Email), having(mfa.Email), showing(here, mail(fresh))), "mailbox"},
		"mail: unless the tenant knows better":                         {policy.Required, true, after(methodsOf(mfa.Email), having(mfa.Email), showing(here, mail(fresh)), apart(okta)), "pass"},
		"mail: or the password is shown as well":                       {policy.Required, true, after(methodsOf(mfa.Email), having(mfa.Email), showing(here, password(fresh), mail(fresh))), "pass"},
		"mail: another connection is no word on this one":              {policy.Required, true, after(methodsOf(mfa.Email), having(mfa.Email), showing(here, mail(fresh)), apart(left)), "mailbox"},
		"no passwords: nobody gets in by one":                          {policy.Off, false, after(showing(password(fresh)), passwordless), "password"},
		"no passwords: nor with a code":                                {policy.Off, true, after(showing(password(fresh), code(fresh, phone)), passwordless), "password"},
		"no passwords: nor out of a session":                           {policy.Off, false, after(within(session(password(older))), passwordless), "password"},
		"no passwords: nor at a refresh":                               {policy.Off, false, after(showing(password(old)), offline, passwordless), "password"},
		"no passwords: but for emergencies":                            {policy.Required, false, after(showing(password(fresh)), passwordless, func(f *policy.Facts) { f.Policy.BreakGlass = []id.User{kari} }), "pass"},
		"no passwords: a passkey begins":                               {policy.Off, true, after(having(mfa.WebAuthn), showing(passkey(fresh)), passwordless), "pass"},
		"no passwords: upstream begins":                                {policy.Off, false, after(showing(here), passwordless), "pass"},
		"an old sign-in upstream is over with the session":             {policy.Off, false, after(showing(upstream(google, old, proved(fresh)))), "password"},
		"D05: a trusted device stands in after a sign-in upstream":     {policy.Required, true, after(trusting, showing(here, device(fresh, 7))), "pass"},
		"A09: a disabled person after a sign-in upstream":              {policy.Off, false, after(showing(good), func(f *policy.Facts) { f.User.Disabled = true }), "refuse"},
		"R13: a service user after a sign-in upstream":                 {policy.Off, false, after(showing(trusted), func(f *policy.Facts) { f.User.Service = true }), "refuse"},
		"J01: a disabled person who is not linked is told nothing":     {policy.Off, false, after(showing(good), func(f *policy.Facts) { f.User.Disabled, f.User.Identities = true, nil }), "password"},
	} {
		f := person(c.tenant, c.enrolled, append([]func(*policy.Facts){exempting}, c.change...)...)
		if d := policy.Decide(f); told(d) != c.want {
			t.Errorf("%s: %s, want %s\n%+v", name, told(d), c.want, d)
		}
	}
}

func after(changes ...func(*policy.Facts)) []func(*policy.Facts) { return changes }

func apart(c id.Connection) func(*policy.Facts) {
	return func(f *policy.Facts) {
		f.Policy.Exemptions = append(f.Policy.Exemptions, policy.Exemption{Connection: c, Mode: policy.Local, MailApart: true})
	}
}

func passwordless(f *policy.Facts) { f.Policy.NoPasswords = true }
