package templates

// Links on the page Admin.
const (
	LinkConnections = "connections.title"
	LinkDomains     = "domain.title"
	LinkPeople      = "people.title"
	LinkSignIns     = "signins.title"
	LinkWhatIf      = "what_if.title"
	LinkReport      = "report.title"
	LinkPolicy      = "policy.title"
)

// Errors of the administrators' pages, for Frame.Error. None needs data.
const (
	ErrorConnectionInvalid  = "error.connection_invalid"
	ErrorConnectionLast     = "error.connection_last"     // the only way in
	ErrorConnectionConflict = "error.connection_conflict" // somebody else saved it meanwhile
	ErrorConnectionName     = "error.connection_name"     // another has the name
	ErrorConnectionTest     = "error.connection_test"     // one that is disabled
	ErrorExemptionInvalid   = "error.exemption_invalid"
	ErrorNoWayIn            = "error.no_way_in" // passwords turned off with nothing in their place
	ErrorDomainName         = "error.domain_name"
	ErrorDomainKnown        = "error.domain_known"
	ErrorDomainAbsent       = "error.domain_absent"
	ErrorDomainUnreachable  = "error.domain_unreachable"
	ErrorDomainTaken        = "error.domain_taken"
	ErrorPersonUnknown      = "error.person_unknown"
	ErrorWhatIfInvalid      = "error.what_if_invalid"
	ErrorReportNone         = "error.report_none"
	ErrorReportRunning      = "error.report_running"
	// Why an administrator may not help somebody.
	ErrorHelpSelf   = "error.help_self"
	ErrorHelpRole   = "error.help_role"
	ErrorHelpIssuer = "error.help_issuer"
	ErrorHelpOff    = "error.help_off"
	ErrorHelpTarget = "error.help_target"
	ErrorHelpDomain = "error.help_domain"
)

// Notices of the administrators' pages.
const (
	NoticeConnectionSaved    = "notice.connection_saved"
	NoticeConnectionDisabled = "notice.connection_disabled"
	NoticeConnectionEnabled  = "notice.connection_enabled"
	NoticeDomainAdded        = "notice.domain_added"
	NoticeDomainProven       = "notice.domain_proven"
	NoticeDomainRemoved      = "notice.domain_removed"
	NoticeDomainConnected    = "notice.domain_connected"
	NoticeFactorsReset       = "notice.factors_reset"
	NoticeReportBegun        = "notice.report_begun"
	NoticeReportEnded        = "notice.report_ended"
)

// Titles, bodies and buttons for Confirm. Those of connections need Name, RemoveDomain needs Name, ResetFactors needs Email, all strings.
const (
	DisableConnectionTitle  = "disable_connection.title"
	DisableConnectionBody   = "disable_connection.body"
	DisableConnectionButton = "disable_connection.button"
	DisableLastBody         = "disable_connection.last" // needs Count too: of the people for emergencies
	EnableConnectionTitle   = "enable_connection.title"
	EnableConnectionBody    = "enable_connection.body"
	EnableConnectionButton  = "enable_connection.button"
	RemoveDomainTitle       = "remove_domain.title"
	RemoveDomainBody        = "remove_domain.body"
	RemoveDomainButton      = "remove_domain.button"
	ResetFactorsTitle       = "reset_factors.title"
	ResetFactorsBody        = "reset_factors.body"
	ResetFactorsButton      = "reset_factors.button"
	EnforceTitle            = "enforce.title"
	EnforceBody             = "enforce.body"
	EnforceButton           = "enforce.button"
)

// More sentences for PolicyPreview. Those of a connection need Connection, its name, PreviewAccept needs Grade beside it; the last two need nothing.
const (
	PreviewSkip      = "preview.skip"
	PreviewAccept    = "preview.accept"
	PreviewEvidence  = "preview.evidence"
	PreviewMailApart = "preview.mail_apart"
	PreviewPasswords = "preview.passwords"
	PreviewOutside   = "preview.outside"
)
