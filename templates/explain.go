package templates

// How a sign-in began, and what came after. ExplainFirstFederated needs Connection (its name) and Grade (mfa.Grade), ExplainSecond and
// ExplainInPlace need Method (mfa.Kind); ExplainAsked needs Connection.
const (
	ExplainFirstPassword  = "explain.first_password"
	ExplainFirstFederated = "explain.first_federated"
	ExplainFirstUnweighed = "explain.first_unweighed" // as ExplainFirstFederated, where the policy grades nothing
	ExplainFirstPasskey   = "explain.first_passkey"
	ExplainFirstNone      = "explain.first_none"
	ExplainSecond         = "explain.second"
	ExplainInPlace        = "explain.in_place" // backup or access code
	ExplainTrustedDevice  = "explain.trusted_device"
	ExplainSkipped        = "explain.enrolment_skipped"
	ExplainAskedUpstream  = "explain.asked_connection"
	ExplainNoSecond       = "explain.no_second"
)

// Which rule decided, by Decision.Rule. ExplainRuleNamed is for "rule:<name>" and needs Rule, the name.
const (
	ExplainRuleBaseline  = "explain.rule_baseline"
	ExplainRuleAccount   = "explain.rule_account"
	ExplainRuleClosed    = "explain.rule_fail_closed"
	ExplainRuleEnrolled  = "explain.rule_enrolled"
	ExplainRuleTenant    = "explain.rule_tenant.second_factor"
	ExplainRuleNamed     = "explain.rule_named"
	ExplainRuleClientACR = "explain.rule_client.acr"
	ExplainRuleStepUp    = "explain.rule_step_up"
	ExplainRulePerson    = "explain.rule_person.enrol"
)

// Why, by policy.Why: "explain.why_" and the code. None needs data.
const (
	ExplainWhySatisfied   = "explain.why_satisfied"
	ExplainWhyTenant      = "explain.why_tenant_unknown_or_disabled"
	ExplainWhyPolicy      = "explain.why_policy_unreadable"
	ExplainWhyUser        = "explain.why_user_disabled"
	ExplainWhyService     = "explain.why_service_user"
	ExplainWhyFirst       = "explain.why_first_proof_missing"
	ExplainWhyRequired    = "explain.why_tenant_requires_second_factor"
	ExplainWhyRule        = "explain.why_rule"
	ExplainWhyEnrolled    = "explain.why_user_has_second_factor"
	ExplainWhyClient      = "explain.why_client_demands_level"
	ExplainWhyStepUp      = "explain.why_fresh_proof_needed"
	ExplainWhyPerson      = "explain.why_person_adds_factor"
	ExplainWhyEnrolClosed = "explain.why_enrolment_needs_administrator"
	ExplainWhyUnmet       = "explain.why_level_cannot_be_reached"
	ExplainWhyMailbox     = "explain.why_mailbox_proves_nothing"
)

// What stood beside the rule. ExplainShadowed and ExplainWaived need Rules ([]string, as in Decision); the exemptions
// need Connection, its name; ExplainDemand needs ACR (what the app asked for); ExplainLevels needs Required and Reached (acr values); ExplainPolicy needs
// Version (int). ExplainWatched needs Before and After (policy.Outcome) of a report.
const (
	ExplainShadowed       = "explain.shadowed"
	ExplainWaived         = "explain.waived"
	ExplainExemptSkip     = "explain.exempt_skip"
	ExplainExemptEvidence = "explain.exempt_evidence"
	ExplainExemptLocal    = "explain.exempt_local"
	ExplainDemand         = "explain.demand"
	ExplainLevels         = "explain.levels"
	ExplainPolicy         = "explain.policy_version"
	ExplainPolicyDraft    = "explain.policy_draft" // a policy that is not in force
	ExplainWatched        = "explain.watched"
	ExplainBreakGlass     = "explain.break_glass"
)

// What came of it, by policy.Outcome: "explain.outcome_" and the code. ExplainOutcomeUpstream needs Connection, its name.
const (
	ExplainOutcomeLetIn    = "explain.outcome_let_in"
	ExplainOutcomeFirst    = "explain.outcome_first_proof"
	ExplainOutcomeUpstream = "explain.outcome_asked_upstream"
	ExplainOutcomeAsked    = "explain.outcome_asked"
	ExplainOutcomeEnrol    = "explain.outcome_must_enrol"
	ExplainOutcomeRefused  = "explain.outcome_turned_away"
)

// What each second step would lead to, for what-if; they need Method (mfa.Kind).
const (
	ExplainThenLetIn = "explain.then_let_in"
	ExplainThenAsked = "explain.then_asked"
	ExplainThenEnrol = "explain.then_must_enrol" // enrolling it lets them in

	ExplainThenMayEnrol  = "explain.then_may_enrol"
	ExplainThenNotEnough = "explain.then_not_enough"
	ExplainPutOff        = "explain.put_off" // needs nothing
)

// What a connection that proves nothing more would lead to, by policy.Outcome, and what a case supposes in vain. They need Connection, its name, but
// for the last two.
const (
	ExplainUnprovenLetIn   = "explain.unproven_let_in"
	ExplainUnprovenFirst   = "explain.unproven_first_proof"
	ExplainUnprovenAsked   = "explain.unproven_asked"
	ExplainUnprovenEnrol   = "explain.unproven_must_enrol"
	ExplainUnprovenRefused = "explain.unproven_turned_away"
	ExplainNotLinked       = "explain.not_linked"
	ExplainNoPassword      = "explain.no_password"
	ExplainNoPasswords     = "explain.no_passwords"
)

// What the record tells beside: ExplainMethods needs AMR (text), ExplainTokens Class (an acr value) and AMR, ExplainTokensBare Class; who made the
// version needs Version (int), Author and Date (texts).
const (
	ExplainMethods        = "explain.methods" // of an old record
	ExplainTokens         = "explain.tokens"
	ExplainTokensBare     = "explain.tokens_bare"
	ExplainPolicyAuthor   = "explain.policy_author"
	ExplainPolicyOperator = "explain.policy_operator"
	ExplainPolicyGone     = "explain.policy_gone"
)
