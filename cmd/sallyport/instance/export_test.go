package instance

import (
	"sallyport/cmd/sallyport/config"
	"sallyport/provider/notify/sms"
)

// Texts is the way that the configuration describes; Close ends it.
func Texts(c config.SMS) (s sms.Sender, end func(), err error) {
	s, err = texts(c)
	return s, post{texts: s}.close, err
}
