// Package policy is the only judge of what a person must prove. Decide is a pure function: it reads no clock, no
// database and no request, so that a sign-in, a step-up, a refresh and a simulation of any of them get the same answer
// from the same facts. It owns the policy document too: its defaults, how it is read, what it may say.
//
// # Demands are joined
//
// A demand is a level of mfa, ordered none < 1fa < 2sv < aal2 < phr. Levels are a join-semilattice: two demands have one
// least level that meets both (the higher), whatever their order and however often each is made. The decision is the join
// of the demands of all rules that apply: adding a rule can only raise what is required, and never turns a refusal into a
// pass. The highest rule that is still unmet names the decision, the others are reported as shadowed. Whatever cannot be
// read or is unknown is refused, or taken for the stricter case (fail closed, gauntlet A13). One kind of demand is softer:
// a voluntary acr_values falls away where nothing that the person has could meet it (OpenID Connect Core 5.5.1.1), here or at
// the provider where they have just signed in.
//
//	enrolled              2sv  who has a factor is asked for one, whatever the tenant's mode (R5, A02)
//	tenant.second_factor  2sv  mode "required"
//	rule:<name>           as written, for those whom all its conditions fit
//	client.acr            as asked by the application
//	step_up               a recent proof of the best there is; a password from those who have nothing else
//	person.enrol          who came to add a factor adds one
//
// # What counts
//
// Proofs are judged one by one: WebAuthn without user verification reaches aal2 and begins nothing, with it phr, alone.
// A code by mail counts beside a confirmed address only, and never where the mailbox may have chosen the password, for
// then it is the same proof twice. Backup and access codes stand in for an enrolled factor that would count, up to 2sv,
// never for a step-up. A person without factors can show an access code as well; as that enrols nobody, it only opens the
// door to enrolment where the tenant demands a factor (C08).
//
// A kind that the tenant has disabled counts for none of its rules, is not offered and not enrolled (A12). Two things
// follow. Mode "off" keeps asking those who enrolled: somebody who has only disabled kinds is asked for those, rather than
// for nothing. In every other mode such a person counts as one who has yet to enrol: they add a kind that is permitted,
// where somebody without any factor might (or where what stands already is more than a password), and are refused else.
// Being unable to show a code by mail is no such case: it is refused (WhyMailbox), or a reset of the password would pass
// the second factor.
//
// # What counts of a sign-in upstream
//
// A sign-in at a connection is a first proof, as a password is, while the person is linked to it and the connection is
// enabled. What its ID token says of a second factor is kept as it came and graded at each judgement by the policy of then,
// so that a refresh, a session and what-if hear today's rules; a grade that comes in with a proof is never believed. The
// tenant's exemption of the connection says what follows; one that is not mentioned is local:
//
//	local     nothing: 1fa, and the demands of this tenant are met here
//	evidence  the first evidence that fits gives grade and level; the level counts where the grade is accepted, for every
//	          demand but a step-up, and else it is 1fa
//	skip      1fa, for nothing is proven; what the tenant demands is waived (below)
//
// Evidence that does not suffice is asked for at the provider, once in an attempt, by the rule that decides; a voluntary
// level too, before it falls away. After that the person shows a factor here or is refused. Nothing is asked for when nobody is
// there, nor to step up: that takes a factor of ours, or from those who have none a sign-in that is fresh.
//
// Fresh is what the provider says (auth_time), not when the browser came back; where it says nothing, a sign-in is fresh only if
// the provider was asked to have the person sign in anew. A time after the token came is none: it is evidence of nothing and
// never fresh (G04). Most people read the mailbox by the same sign-in: a code by mail counts beside it only where the exemption
// says otherwise. With NoPasswords a password proves nothing, except of the people for emergencies.
//
// # Who may enrol
//
// On a first proof alone, only people with nothing to show, and only where the tenant allows it or until its date for
// enrolment. Everybody else shows a factor first: else a level in acr_values would add one on a password. What was
// proven in an earlier sign-in, or upstream at a time that the provider tells, must be as recent as for a step-up.
//
// # What is waived
//
// A trusted device waives "enrolled", "tenant.second_factor" and rules of 2sv, and so does a sign-in at a connection with
// exemption "skip" (R4, R22); enrolment put off waives the last two, for people without a factor. None of them proves
// anything: no level, no step-up, no application's demand (D05), and no device is trusted after one.
//
// Callers are provider/attempt (sign-in, step-up), provider/gate (issuing and refreshing), provider/session and
// provider/account (pages). Beyond the standard library it depends on mfa, for kinds and levels, and storage/id.
package policy
