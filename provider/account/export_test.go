package account

// Browser is tested by itself: a case per browser would be a sign-in each.
var Browser = browser
