package io.batchmount.files.attributes;

import java.util.Optional;

/**
 * One page of a listing: what to ask for to get its entries again with one request.
 *
 * @param directory path of the directory
 * @param marker where the page begins; empty for the first one
 * @param nanos how long the service took for it
 * @param interest in the names of all pages; the same object when one of them is listed anew
 */
record ListedPage(String directory, Optional<String> marker, long nanos, Interest interest) {}
