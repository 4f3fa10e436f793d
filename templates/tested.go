package templates

// Titles of Tested; they need Connection, its name.
const (
	TestFailed      = "test.failed"
	TestSkip        = "test.skip"
	TestLocal       = "test.local"
	TestAccepted    = "test.accepted"
	TestNotAccepted = "test.not_accepted"
)

// Sentences of Tested's verdict: the grade (mfa.Grade), what the policy makes of it, and what comes next (policy.Outcome). They need Connection, its name.
const (
	TestGradeNone   = "test.grade_none"
	TestGradeWeak   = "test.grade_weak"
	TestGradeMedium = "test.grade_medium"
	TestGradeGood   = "test.grade_good"
	TestGradeStrong = "test.grade_strong"

	TestRuleSkip        = "test.rule_skip"
	TestRuleLocal       = "test.rule_local"
	TestRuleAccepted    = "test.rule_accepted"
	TestRuleNotAccepted = "test.rule_not_accepted"

	TestLetIn         = "test.let_in"
	TestFirstProof    = "test.first_proof"
	TestAskedUpstream = "test.asked_upstream"
	TestAsked         = "test.asked"
	TestMustEnrol     = "test.must_enrol"
	TestTurnedAway    = "test.turned_away"
)

// Advice of a test: which setting at the provider is missing, and where it is. None needs data but AdviceAuthTimeStale, which needs
// Count (int, minutes since the person was last seen there), and AdviceACRNotSent, which needs Value (what was asked for).
const (
	AdviceAMRMissing      = "advice.amr_missing"       // Entra: optional claim amr for the ID token
	AdviceAMRNoMFA        = "advice.amr_no_mfa"        // amr came, but tells of one factor only
	AdviceAuthTimeMissing = "advice.auth_time_missing" // any provider but Google and Entra
	AdviceAuthTimeEntra   = "advice.auth_time_entra"   // Entra: optional claim auth_time
	AdviceAuthTimeGoogle  = "advice.auth_time_google"  // Google: session age claims
	AdviceAuthTimeStale   = "advice.auth_time_stale"   // Count: minutes
	AdviceACRSMissing     = "advice.acrs_missing"      // Entra: authentication context not delivered
	AdviceACRSAlone       = "advice.acrs_alone"        // Entra: acrs without amr mfa: weak
	AdviceEdovMissing     = "advice.edov_missing"      // Entra: xms_edov
	AdviceEmailMissing    = "advice.email_missing"     // no address came
	AdviceEmailUnverified = "advice.email_unverified"  // an address came that does not count as the person's
	AdviceGoogleStrength  = "advice.google_strength"   // Google: authentication strength claims
	AdviceGoogleTwoStep   = "advice.google_two_step"   // Google: amr came without mfa
	AdviceOktaFed         = "advice.okta_fed"          // Okta itself trusted somebody else
	AdviceACRNotSent      = "advice.acr_not_sent"      // Value: the acr that was asked for and did not come
	AdviceKeycloakAMR     = "advice.keycloak_amr"      // Keycloak: the AMR mapper and reference values
	AdviceKeycloakBroker  = "advice.keycloak_broker"   // acr 0 or 1: single sign-on there, or brokered
	AdviceOneFactor       = "advice.one_factor"        // duo, otp, sms or tel alone
	AdviceGroupsOverage   = "advice.groups_overage"    // Entra: too many groups for the token
	AdviceSkip            = "advice.skip"              // the connection is trusted without proof
	AdviceLocal           = "advice.local"             // the second step is always asked for here
	AdviceGood            = "advice.good"              // nothing is missing
)
