package account

import (
	"net/http"

	"sallyport/provider/web"
	"sallyport/templates"
)

// The words of ?notice= that lead back to the page after something was done.
const (
	enrolled         = "enrolled"
	factorRemoved    = "factor-removed"
	codesReplaced    = "codes-replaced"
	sessionEnded     = "session-ended"
	othersEnded      = "others-ended"
	consentRevoked   = "consent-revoked"
	deviceForgotten  = "device-forgotten"
	devicesForgotten = "devices-forgotten"

	passwordChanged  = "password-changed"
	emailPending     = "email-pending"
	confirmationSent = "confirmation-sent"
	emailConfirmed   = "email-confirmed"
	identityLinked   = "identity-linked"
	identityUnlinked = "identity-unlinked"
)

// notices are the only words that say something: the address is anybody's to write.
var notices = map[string]string{
	enrolled:         templates.NoticeFactorAdded,
	factorRemoved:    templates.NoticeFactorRemoved,
	codesReplaced:    templates.NoticeCodesReplaced,
	sessionEnded:     templates.NoticeSessionEnded,
	othersEnded:      templates.NoticeOthersEnded,
	consentRevoked:   templates.NoticeConsentRevoked,
	deviceForgotten:  templates.NoticeDeviceForgotten,
	devicesForgotten: templates.NoticeDevicesForgotten,

	passwordChanged:  templates.NoticePasswordChanged,
	emailPending:     templates.NoticeEmailPending,
	confirmationSent: templates.NoticeConfirmSent,
	emailConfirmed:   templates.NoticeAddressConfirmed,
	identityLinked:   templates.NoticeIdentityLinked,
	identityUnlinked: templates.NoticeIdentityUnlinked,
}

func noticeOf(r *http.Request) string { return notices[r.URL.Query().Get("notice")] }

func back(notice string) string { return "/account?notice=" + notice }

func done(w http.ResponseWriter, r *http.Request, notice string) error {
	return web.SeeOther(w, r, back(notice))
}
