package templates

// Errors that a Frame shows above a field or a Message shows as its body. ErrorThrottled needs Minutes (int) as data. ErrorFrozen and ErrorLinkDead
// are told of changes refused for the time being and of links that were used, replaced or have expired.
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
	ErrorRefused    = "error.refused"
	// Why somebody is refused, where telling it helps and gives nothing away.
	ErrorRefusedEnrol   = "error.refused_enrol"
	ErrorRefusedMailbox = "error.refused_mailbox"
	ErrorRefusedService = "error.refused_service"
	ErrorRefusedUnmet   = "error.refused_unmet"

	// Those of signing in at another provider; they have titles, need no data and may also stand in Frame.Error.
	ErrorUpstreamFailed    = "error.upstream_failed"    // it could not be reached, or its answer is not to be believed
	ErrorUpstreamUnknown   = "error.upstream_unknown"   // no account belongs to who came back
	ErrorUpstreamForbidden = "error.upstream_forbidden" // that directory or personal account is not admitted
	ErrorUpstreamDenied    = "error.upstream_denied"    // cancelled there
	ErrorUpstreamOther     = "error.upstream_other"     // another person came back
	ErrorUpstreamStale     = "error.upstream_stale"     // did not have the person sign in again
	ErrorIdentityTaken     = "error.identity_taken"     // it signs somebody else in
	ErrorIdentityLast      = "error.identity_last"      // the last way to sign in is not removed
	ErrorRefusedConnection = "error.refused_connection" // the connection is disabled

	ErrorFrozen     = "error.frozen"
	ErrorLinkDead   = "error.link_dead"
	ErrorEmailTaken = "error.email_taken" // only for who reads the mailbox and holds the account
	SignedOut       = "signed_out"
)

// Errors of fields; they have no title and stand in Frame.Error only. ErrorSendThrottled needs Minutes (int) as data. ErrorCodeWrong speaks of an
// app's code, ErrorSentWrong of one that was sent.
const (
	ErrorRequired       = "error.required"
	ErrorEmailInvalid   = "error.email_invalid"
	ErrorTenantUnknown  = "error.tenant_unknown"
	ErrorPasswordWrong  = "error.password_wrong"
	ErrorCodeWrong      = "error.code_wrong"
	ErrorBackupWrong    = "error.backup_code_wrong"
	ErrorNotKept        = "error.codes_not_kept"
	ErrorCodeUsed       = "error.code_used"
	ErrorNameTooLong    = "error.name_too_long"
	ErrorPolicyInvalid  = "error.policy_invalid"
	ErrorPolicyConflict = "error.policy_conflict"
	ErrorEnrolOff       = "error.enrol_off"
	ErrorSentWrong      = "error.sent_code_wrong"
	ErrorCodeExpired    = "error.code_expired"
	ErrorCodeNewer      = "error.code_newer"
	ErrorAccessWrong    = "error.access_code_wrong"
	ErrorNumberInvalid  = "error.number_invalid"
	ErrorNumberCountry  = "error.number_country"
	ErrorSendThrottled  = "error.send_throttled"
	ErrorKeyFailed      = "error.key_failed"
	ErrorKeyNotAllowed  = "error.key_not_allowed"
	ErrorKeyKnown       = "error.key_known"
	ErrorPasswordShort  = "error.password_short"
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

	NoticePasswordChanged  = "notice.password_changed"
	NoticeEmailPending     = "notice.email_pending"
	NoticeConfirmSent      = "notice.confirm_sent"
	NoticeAddressConfirmed = "notice.address_confirmed"
	NoticeDeviceForgotten  = "notice.device_forgotten"
	NoticeDevicesForgotten = "notice.devices_forgotten"

	NoticeIdentityLinked   = "notice.identity_linked"
	NoticeIdentityUnlinked = "notice.identity_unlinked"
)

// Reasons for WhyKey of the pages that enrol.
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

// Keys for Choice.
const (
	ButtonBack     = "button.back"
	ButtonSignIn   = "button.sign_in"
	ButtonSettings = "account.title"
)

// Outcomes for Message, each with a title. They need no data, and ResetSent does not say whether an account has the address.
const (
	ResetSent        = "reset_sent"
	ResetDone        = "reset_done"
	AddressConfirmed = "address_confirmed"
	ObjectionDone    = "objection_done"
)

// Titles, bodies and buttons for Confirm. RemoveFactor needs Name, EndSession and ForgetDevice need Browser, RevokeConsent needs Client, ConfirmAddress
// needs Email, all strings.
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

	ConfirmAddressTitle  = "confirm_address.title"
	ConfirmAddressBody   = "confirm_address.body"
	ConfirmAddressButton = "confirm_address.button"
	ObjectTitle          = "object.title"
	ObjectBody           = "object.body"
	ObjectButton         = "object.button"
	ForgetDeviceTitle    = "forget_device.title"
	ForgetDeviceBody     = "forget_device.body"
	ForgetDeviceButton   = "forget_device.button"
)

// Sentences for PolicyPreview. Those of people need Count (int); PreviewMethod needs Method beside it, a name as in Policy.Methods, and PreviewRule needs Name.
const (
	PreviewNobody     = "preview.nobody"
	PreviewEnrol      = "preview.enrol"
	PreviewAsked      = "preview.asked"
	PreviewNotAsked   = "preview.not_asked"
	PreviewStranded   = "preview.stranded"
	PreviewMethod     = "preview.method"
	PreviewRule       = "preview.rule"
	PreviewBreakGlass = "preview.break_glass"
	PreviewDevices    = "preview.devices"
	PreviewSessions   = "preview.sessions"
	PreviewYourself   = "preview.yourself"
)
