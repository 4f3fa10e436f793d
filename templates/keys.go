package templates

// Errors that a Frame shows above a field or a Message shows as its body. ErrorThrottled needs Minutes (int) as data.
const (
	ErrorBadRequest = "error.bad_request"
	ErrorNotFound   = "error.not_found"
	ErrorMethod     = "error.method"
	ErrorForbidden  = "error.forbidden"
	ErrorCrossSite  = "error.cross_site"
	ErrorConflict   = "error.conflict"
	ErrorExpired    = "error.expired"
	ErrorBrowser    = "error.browser"
	ErrorBusy       = "error.busy"
	ErrorThrottled  = "error.throttled"
	ErrorInternal   = "error.internal"
	ErrorTooLarge   = "error.too_large"
	ErrorClient     = "error.client"
	ErrorDenied     = "error.denied"
	ErrorRefused    = "error.refused"
	SignedOut       = "signed_out"
)

// Errors of fields; they have no title and stand in Frame.Error only.
const (
	ErrorRequired       = "error.required"
	ErrorEmailInvalid   = "error.email_invalid"
	ErrorTenantUnknown  = "error.tenant_unknown"
	ErrorTenantInvalid  = "error.tenant_invalid"
	ErrorPasswordWrong  = "error.password_wrong"
	ErrorCodeWrong      = "error.code_wrong"
	ErrorBackupWrong    = "error.backup_code_wrong"
	ErrorNotKept        = "error.codes_not_kept"
	ErrorCodeUsed       = "error.code_used"
	ErrorNameTooLong    = "error.name_too_long"
	ErrorEnrolExpired   = "error.enrol_expired"
	ErrorPolicyInvalid  = "error.policy_invalid"
	ErrorPolicyConflict = "error.policy_conflict"
	ErrorEnrolOff       = "error.enrol_off"
)

// Notices of what has just been done, for Frame.Notice.
const (
	NoticeFactorAdded    = "notice.factor_added"
	NoticeFactorRemoved  = "notice.factor_removed"
	NoticeCodesReplaced  = "notice.codes_replaced"
	NoticeSessionEnded   = "notice.session_ended"
	NoticeOthersEnded    = "notice.others_ended"
	NoticeConsentRevoked = "notice.consent_revoked"
	NoticePolicySaved    = "notice.policy_saved"
)

// Reasons for EnrolTOTP.WhyKey.
const (
	WhyTenant = "why.tenant"
	WhyClient = "why.client"
	WhyChosen = "why.chosen"
)

// States for Account.SecondFactorState.
const (
	StateRequired = "state.required"
	StateOptional = "state.optional"
	StateOff      = "state.off"
	StateOn       = "state.on"
	StateKept     = "state.kept"
)

// Titles, bodies and buttons for Confirm. RemoveFactor needs Name, EndSession needs Browser, RevokeConsent needs Client, all strings.
const (
	RemoveFactorTitle   = "remove_factor.title"
	RemoveFactorBody    = "remove_factor.body"
	RemoveLastBody      = "remove_factor.last"
	RemoveRequiredBody  = "remove_factor.required"
	RemoveLockedBody    = "remove_factor.locked"
	RemoveFactorButton  = "remove_factor.button"
	ReplaceCodesTitle   = "replace_codes.title"
	ReplaceCodesBody    = "replace_codes.body"
	ReplaceCodesButton  = "replace_codes.button"
	EndSessionTitle     = "end_session.title"
	EndSessionBody      = "end_session.body"
	EndSessionButton    = "end_session.button"
	RevokeConsentTitle  = "revoke_consent.title"
	RevokeConsentBody   = "revoke_consent.body"
	RevokeConsentButton = "revoke_consent.button"
)
