package templates

// The confirmation before a way to sign in upstream is removed; data: Connection, Label.
const (
	UnlinkTitle  = "unlink.title"
	UnlinkBody   = "unlink.body"
	UnlinkButton = "unlink.button"
)
